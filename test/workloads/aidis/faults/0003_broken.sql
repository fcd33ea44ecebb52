-- Reference fault: adds a column and fails; PostgreSQL takes the column back.
ALTER TABLE contexts ADD COLUMN broken text;
DO $$ BEGIN RAISE EXCEPTION 'reference fault: migration'; END $$;
