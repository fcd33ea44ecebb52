import { describe, expect, test } from "vitest";
import { ask } from "../../../components/probe/ask.ts";
import type { HttpProbe } from "../../../components/probe/spec.ts";
import type { Session } from "../../../components/steps/session.ts";

const probe: HttpProbe = {
  name: "done",
  via: "edge",
  method: "GET",
  path: "/runs/1",
  expect: { status: 200, json: { state: "done" } },
};
const target = { base: "https://tmws.localhost:8443", options: [] };

/** Answers these states, one after the other, then the last for ever. */
function session(...states: readonly string[]): { readonly session: Session; readonly asked: () => number } {
  let asked = 0;
  const run = async () => {
    const state = states[Math.min(asked, states.length - 1)];
    asked += 1;
    return { exitCode: 0, output: `{"state":"${state}"}\n200` };
  };
  const must = async () => (await run()).output;
  return { session: { id: "c0", run, must }, asked: () => asked };
}

describe("a probe with time", () => {
  test("is asked until the answer is the wanted one", async () => {
    const { session: answers, asked } = session("queued", "running", "done");
    expect(await ask(answers, { ...probe, withinSeconds: 60 }, target)).toBeUndefined();
    expect(asked()).toBe(3);
  });

  test("fails with the last answer when the time is over", async () => {
    const { session: answers } = session("queued");
    expect(await ask(answers, { ...probe, withinSeconds: 0.5 }, target)).toBe(
      'not within 0.5 s: wanted JSON with {"state":"done"}, got 200 {"state":"queued"}',
    );
  });
});

test("one without is asked once", async () => {
  const { session: answers, asked } = session("queued", "done");
  expect(await ask(answers, probe, target)).toBe('wanted JSON with {"state":"done"}, got 200 {"state":"queued"}');
  expect(asked()).toBe(1);
});
