-- Where a context came from. Only adds, so the code of 0001_base runs on it.
ALTER TABLE contexts ADD COLUMN IF NOT EXISTS source text;
