-- Only adds, so that the code of 0001_base runs on it. Customers first, as the chatbot has it: each of its transactions begins with one, and
-- whoever locks the same tables in another order meets it in a deadlock.
ALTER TABLE customers ADD COLUMN last_seen_at timestamptz;
ALTER TABLE messages ADD COLUMN intent text;
