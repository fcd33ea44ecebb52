-- Only adds, so that the code of 0001_base runs on it.
ALTER TABLE messages ADD COLUMN intent text;
ALTER TABLE customers ADD COLUMN last_seen_at timestamptz;
