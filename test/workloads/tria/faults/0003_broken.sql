-- FAULT=migration: adds a column, then fails. PostgreSQL takes the column back: the schema stays 0002_intent.
ALTER TABLE orders ADD COLUMN broken integer;
SELECT broken_on_purpose FROM orders;
