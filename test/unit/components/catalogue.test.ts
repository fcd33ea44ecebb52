import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  catalogueCommand,
  parseCatalogue,
  printOf,
  schemaChange,
  schemaMend,
  schemaWords,
} from "../../../components/migration/catalogue.ts";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import { findSchema, schemaDrift } from "../../../components/rollout/schema-drift.ts";
import { readSchemaRecord } from "../../../components/rollout/schema-record.ts";
import { useClock } from "../../doubles/clock.ts";
import { newImage, newStack, oldImage, place, rolloutInputs, type Stack } from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

const before = ["column t.a integer", "table t"];

describe("a catalogue", () => {
  test("is one line for each thing, sorted, whatever the client's order and line breaks", () => {
    expect(parseCatalogue("table t\n\ncolumn t.a  integer\n")).toEqual(before);
  });

  test("that is equal is no change; what is new and what went is named", () => {
    expect(schemaChange(before, before)).toBeUndefined();
    const change = schemaChange(before, ["column t.a bigint", "index i", "table t"]);
    expect(change && schemaWords(change)).toBe("new: column t.a bigint, index i; gone: column t.a integer");
  });

  test("of many changes some are named and the others counted", () => {
    const many = Array.from({ length: 9 }, (_, at) => `index i${at}`);
    expect(schemaWords({ was: [], is: many })).toBe(
      "new: index i0, index i1, index i2, index i3, index i4, index i5 and 3 more",
    );
  });

  test("is accepted by its own print", () => {
    expect(printOf(before)).toMatch(/^[0-9a-f]{16}$/);
    expect(printOf([...before, "index i"])).not.toBe(printOf(before));
    expect(schemaMend(before, "blue")).toContain(`slipway:rollout.acceptSchema ${printOf(before)} --stack blue`);
  });

  test("is asked for by the database's own client", () => {
    expect(catalogueCommand({ kind: "sqlite", file: "/d.db" }).slice(0, 3)).toEqual(["sqlite3", "-bail", "/d.db"]);
  });
});

describe("schema drift", () => {
  const recorded = { revision: "b", lines: [...before] };

  test("is none where nothing was recorded, or nothing can be asked", () => {
    expect(schemaDrift(undefined, recorded, "s")).toBeUndefined();
    expect(schemaDrift(recorded, undefined, "s")).toBeUndefined();
    expect(schemaDrift(recorded, recorded, "s")).toBeUndefined();
  });

  test("of another revision is mended by up", () => {
    expect(schemaDrift(recorded, { revision: "c", lines: [] }, "s")).toEqual({
      what: "schema revision",
      was: "b",
      is: "c",
      mend: "npm start -- --stack s",
    });
  });

  test("at the same revision names what a hand made", () => {
    expect(schemaDrift(recorded, { revision: "b", lines: [...before, "index i"] }, "s")).toMatchObject({
      what: "schema at revision b",
      is: "new: index i",
    });
  });
});

describe("a release", () => {
  let stack: Stack;
  beforeEach(() => {
    stack = newStack();
  });

  const gate = () => [...stack.host.boxes.values()].find(({ spec }) => spec.name === "slipway-test_switch")?.id ?? "";
  const looked = {
    database: { kind: "sqlite", file: "/app/data/tmws.db" },
    revisionSql: rolloutInputs(oldImage, "a").schema.revisionSql,
  } as const;

  test("records the schema that it leaves", async () => {
    await rollOut(stack.host, rolloutInputs(oldImage, "a"));
    expect(await readSchemaRecord(stack.host, gate())).toEqual({ revision: "a", lines: ["table at a"] });
    await rollOut(stack.host, rolloutInputs(newImage, "b"));
    expect(await readSchemaRecord(stack.host, gate())).toEqual({ revision: "b", lines: ["table at b"] });
  });

  test("is refused before anything is done when a hand changed the schema, until exactly that one is accepted", async () => {
    await rollOut(stack.host, rolloutInputs(oldImage, "a"));
    const { serving } = stack.host.journal() ?? {};
    stack.host.product.byHand = ["index by_hand"];
    await expect(rollOut(stack.host, rolloutInputs(newImage, "b"))).rejects.toThrow(
      "the database's schema was changed by hand at revision a: new: index by_hand. Nothing was released.",
    );
    expect(stack.host.journal()?.serving).toEqual(serving);
    expect(stack.host.data.revision).toBe("a");
    const found = await findSchema(stack.host, place, looked, serving);
    expect(found).toEqual({ revision: "a", lines: ["index by_hand", "table at a"] });
    const acceptSchema = printOf(found?.lines ?? []);
    await rollOut(stack.host, rolloutInputs(newImage, "b", undefined, { acceptSchema }));
    expect(stack.host.journal()?.serving?.revision).toBe("b");
    expect((await readSchemaRecord(stack.host, gate()))?.lines).toEqual(["index by_hand", "table at b"]);
  });

  test("where nothing else is wanted the accepted schema is recorded, and nothing restarts", async () => {
    const first = await rollOut(stack.host, rolloutInputs(oldImage, "a"));
    stack.host.product.byHand = ["index by_hand"];
    const acceptSchema = printOf(["index by_hand", "table at a"]);
    const second = await rollOut(stack.host, rolloutInputs(oldImage, "a", undefined, { acceptSchema }));
    expect(second.release).toBe(first.release);
    expect((await readSchemaRecord(stack.host, gate()))?.lines).toEqual(["index by_hand", "table at a"]);
  });

  test("takes back what a hand changed on its containers, without another release", async () => {
    const first = await rollOut(stack.host, rolloutInputs(oldImage, "a"));
    const [box] = stack.host.running();
    if (box === undefined) throw new Error("nothing runs");
    const { limits, networks, startedAt } = box;
    const again = rolloutInputs(oldImage, "a", undefined, { deviation: "app: memory" });
    Object.assign(box, { limits: { ...limits, memoryMb: 1 }, restart: "no" });
    expect((await rollOut(stack.host, again)).release).toBe(first.release);
    expect(box).toMatchObject({ limits, networks, startedAt, restart: "unless-stopped", state: "running" });
    // Its connections went with the network, so it starts again.
    Object.assign(box, { networks: {} });
    expect((await rollOut(stack.host, again)).release).toBe(first.release);
    expect(box).toMatchObject({ networks, state: "running" });
    expect(box.startedAt).not.toBe(startedAt);
  });
});
