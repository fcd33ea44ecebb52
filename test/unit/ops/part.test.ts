import { expect, it } from "vitest";
import type { Observed } from "../../../components/steps/runner.ts";
import { parseArguments } from "../../../ops/arguments.ts";
import { containersOf, partNames, unknownPart } from "../../../ops/part/find.ts";

const container = (id: string, part: string, role: "part" | "workload", state: Observed["state"]): Observed => ({
  id,
  name: `c${id}`,
  labels: { "slipway.part": part, "slipway.role": role },
  state,
  image: "",
});

const parts = {
  containers: [
    container("1", "web", "workload", "running"),
    container("2", "web", "workload", "stopped"),
    container("3", "web", "workload", "running"),
    container("4", "web", "workload", "stopped"),
    container("5", "redis", "part", "stopped"),
  ],
  serving: ["3", "4"],
};

it("a workload's containers are those that serve, first, and what else runs; what is kept to go back to is none", () => {
  expect(containersOf(parts, "web").map(({ id }) => id)).toEqual(["3", "4", "1"]);
  expect(containersOf(parts, "redis").map(({ id }) => id)).toEqual(["5"]);
  expect(containersOf(parts, "nothing")).toEqual([]);
});

it("who is not there is told with who is", () => {
  expect(unknownPart("local", "db", partNames(parts))).toBe('stack local has no part "db"; there are redis, web');
  expect(unknownPart("local", "db", [])).toBe(
    "nothing of stack local is on this host; `npm start -- --stack local` starts it",
  );
});

it("what stands behind the part belongs to the command, letter by letter", () => {
  const argv = ["--stack", "blue", "app", "tool", "--stack", "red", "--with-data", "-v=9"];
  expect(parseArguments(argv, undefined, true)).toMatchObject({
    stack: "blue",
    withData: false,
    rest: ["app", "tool", "--stack", "red", "--with-data", "-v=9"],
  });
  expect(parseArguments(["app", "--stack", "blue"])).toMatchObject({ stack: "blue", rest: ["app"] });
});
