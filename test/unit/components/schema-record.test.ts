import { expect, test } from "vitest";
import { printOf } from "../../../components/migration/catalogue.ts";
import { foreignSchema } from "../../../components/rollout/schema-record.ts";

const recorded = { revision: "0002", lines: ["column public.orders.key text not null", "table public.orders"] };
const changed = [...recorded.lines, "column public.orders.by_hand text"].sort();

test("data with another schema than was recorded at their revision are told, in words", () => {
  const words = foreignSchema(recorded, { revision: "0002", lines: changed }, "");
  expect(words).toBe("new: column public.orders.by_hand text");
  expect(foreignSchema(recorded, { revision: "0002", lines: ["table public.orders"] }, "")).toBe(
    "gone: column public.orders.key text not null",
  );
});

test("not what is as recorded, accepted, of another revision, or of a stack that recorded nothing", () => {
  expect(foreignSchema(recorded, { revision: "0002", lines: recorded.lines }, "")).toBeUndefined();
  expect(foreignSchema(recorded, { revision: "0002", lines: changed }, printOf(changed))).toBeUndefined();
  expect(foreignSchema(recorded, { revision: "0001", lines: changed }, "")).toBeUndefined();
  expect(foreignSchema(recorded, { revision: undefined, lines: changed }, "")).toBeUndefined();
  expect(foreignSchema(undefined, { revision: "0002", lines: changed }, "")).toBeUndefined();
});
