/** TMWS 2.3.1 has no metrics of its own (guide 001): its overview, from the switch, against counts of another kind. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Boards, expectNear, residentBytes, steadily } from "./support/dashboards.ts";
import type { Outside } from "./support/host.ts";
import { ModelFiles } from "./support/ollama.ts";
import { launch } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";
import { tmws23Stack } from "./support/tmws-2.3.ts";

let files: ModelFiles;
let stack: TestStack;
let outside: Outside;
let boards: Boards;
let pace: number;

beforeAll(async () => {
  files = await ModelFiles.make();
  stack = await tmws23Stack(files);
  outside = await launch(stack);
  boards = await Boards.of(stack, outside);
  pace = await steadily(45, async (turn) => {
    const { status, body } = await outside.https("GET", "/health");
    if (status !== 200) throw new Error(`${status} ${body}`);
    if (turn % 2 === 0) await outside.https("GET", "/no-such-page");
  });
  boards.at = Date.now();
});
afterAll(async () => {
  await stack.destroy();
  await files.remove();
});

it("Prometheus refuses no query of any panel, and all but the mark show something", async () => {
  const { refused, empty } = await boards.judge();
  expect(refused).toEqual([]);
  expect(empty).toEqual(["marker"]);
});

it("requests a second are those that were sent, good ones and unknown pages apart, and none failed", async () => {
  expectNear(await boards.value("Requests by status", { code: "2xx" }), pace);
  expectNear(await boards.value("Requests by status", { code: "4xx" }), pace / 2);
  expect(await boards.value("Error ratio")).toBe(0);
});

it("replicas are the containers that run, memory of Prometheus is its process' own", async () => {
  expect(await boards.value("Replicas that serve")).toBe((await outside.running("app")).length);
  const { Id } = await outside.inspect("prometheus");
  expectNear(await boards.value("Memory of Prometheus"), await residentBytes(Id), 0.25);
});
