import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogueQuestions, parseCatalogue, schemaChange } from "../../components/migration/catalogue.ts";
import { runner } from "./support/host.ts";
import { TestPostgres } from "./support/postgres.ts";

const postgres = new TestPostgres();
const command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "orders"];
const questions = catalogueQuestions("postgres").flatMap((each) => ["-c", each]);

beforeAll(async () => {
  await postgres.start();
  await postgres.roles();
  await postgres.root(
    `CREATE TYPE mood AS ENUM ('good', 'bad');
     CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text DEFAULT 'a  b', feels mood);
     CREATE TABLE child (id serial PRIMARY KEY, parent bigint REFERENCES parent (id), twice int GENERATED ALWAYS AS (1 + 1) STORED);
     CREATE TABLE parts (at date NOT NULL) PARTITION BY RANGE (at);
     CREATE VIEW seen AS SELECT id, note FROM parent;
     CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
     CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER touch BEFORE UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION touched();
     GRANT USAGE ON SCHEMA public TO PUBLIC`,
    "orders",
  );
});
afterAll(() => postgres.remove());

async function asRoot() {
  const argv = [...command, "-U", "postgres", ...questions];
  const { exitCode, output } = await runner.exec(postgres.id, { argv });
  if (exitCode !== 0) throw new Error(output);
  return parseCatalogue(output);
}

it("is the same for the owner, who records it over the network, and the superuser, who looks by the socket", async () => {
  const asOwner = await postgres.session(async (session) =>
    parseCatalogue(await session.must("reading the schema", { argv: [...command, ...questions] })),
  );
  expect(asOwner).toEqual(await asRoot());
  expect(asOwner.filter((line) => line.includes("vector") && !line.startsWith("extension "))).toEqual([]);
  expect(asOwner).toEqual(
    expect.arrayContaining([
      "column public.child.twice integer generated (1 + 1)",
      "column public.parent.id bigint not null always identity",
      "constraint public.child.child_parent_fkey FOREIGN KEY (parent) REFERENCES public.parent(id)",
      "extension vector",
      "table public.parts",
      "type public.mood good, bad",
    ]),
  );
});

describe("each change by hand is one of lines", () => {
  it.each([
    ["ALTER TABLE parent ADD COLUMN extra text", "ALTER TABLE parent DROP COLUMN extra"],
    ["ALTER TABLE parent ALTER COLUMN feels SET NOT NULL", "ALTER TABLE parent ALTER COLUMN feels DROP NOT NULL"],
    ["ALTER TABLE parent ALTER COLUMN note SET DEFAULT 'c'", "ALTER TABLE parent ALTER COLUMN note SET DEFAULT 'a  b'"],
    ["ALTER TABLE child ALTER COLUMN parent TYPE int", "ALTER TABLE child ALTER COLUMN parent TYPE bigint"],
    ["ALTER TABLE child ADD CONSTRAINT positive CHECK (id > 0)", "ALTER TABLE child DROP CONSTRAINT positive"],
    ["CREATE UNIQUE INDEX by_hand ON child (parent)", "DROP INDEX by_hand"],
    [
      "CREATE OR REPLACE VIEW seen AS SELECT id, upper(note) AS note FROM parent",
      "CREATE OR REPLACE VIEW seen AS SELECT id, note FROM parent",
    ],
    [
      "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
      "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
    ["ALTER TABLE parent DISABLE TRIGGER touch", "ALTER TABLE parent ENABLE TRIGGER touch"],
    ["ALTER TABLE parent ENABLE ROW LEVEL SECURITY", "ALTER TABLE parent DISABLE ROW LEVEL SECURITY"],
    ["CREATE TABLE more (id int)", "DROP TABLE more"],
    ["CREATE SCHEMA other CREATE TABLE hidden (id int)", "DROP SCHEMA other CASCADE"],
  ])("%s", async (change, back) => {
    const before = await asRoot();
    await postgres.root(change, "orders");
    expect(schemaChange(before, await asRoot())).toBeDefined();
    await postgres.root(back, "orders");
    expect(schemaChange(before, await asRoot())).toBeUndefined();
  });

  it("rows and partitions, which come and go at work, are none", async () => {
    const before = await asRoot();
    await postgres.root(
      "INSERT INTO parent (note) VALUES ('x'); CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
      "orders",
    );
    expect(schemaChange(before, await asRoot())).toBeUndefined();
  });
});
