import { describe, expect, test } from "vitest";
import {
  claimRefusal,
  edgesOf,
  edgeToShare,
  type Labelled,
  runVolume,
  sharedRefusal,
  sharersOf,
} from "../../../components/edge/share.ts";

const edge = (stack: string, port = "8443", ca = "internal", state: Labelled["state"] = "running"): Labelled => ({
  labels: { "slipway.stack": stack, "slipway.part": "edge", "slipway.edge.port": port, "slipway.edge.ca": ca },
  state,
});
const sharer = (stack: string, owner: string): Labelled => ({
  labels: { "slipway.stack": stack, "slipway.part": "switch", "slipway.edge.shares": owner },
  state: "running",
});

test("the edges of a host are those that run and say their port", () => {
  const old: Labelled = { labels: { "slipway.stack": "old", "slipway.part": "edge" }, state: "running" };
  expect(edgesOf([edge("main"), edge("big", "443", "public"), edge("off", "1", "internal", "stopped"), old])).toEqual([
    { stack: "big", httpsPort: 443, ca: "public" },
    { stack: "main", httpsPort: 8443, ca: "internal" },
  ]);
});

test("sharers are told once each, also while they are stopped", () => {
  const stopped: Labelled = { ...sharer("c", "main"), state: "stopped" };
  expect(
    sharersOf("main", [stopped, sharer("b", "main"), sharer("b", "main"), sharer("d", "other"), edge("x")]),
  ).toEqual(["b", "c"]);
});

test("the sockets are in the owner's volume", () => {
  expect(runVolume({ stack: "guest", system: "s" }, "main")).toBe("slipway-main_run");
  expect(runVolume({ stack: "guest", system: "s" }, undefined)).toBe("slipway-guest_run");
});

describe("words", () => {
  test("of an owner that others need", () => {
    expect(sharedRefusal("main", [])).toBeUndefined();
    expect(sharedRefusal("main", ["b"])).toBe(
      "stack b shares the edge of stack main and would no longer be reached. Remove it first: npm run down -- --stack b",
    );
    expect(sharedRefusal("main", ["b", "c"])).toBe(
      "stacks b, c share the edge of stack main and would no longer be reached. Remove them first: npm run down -- --stack b; npm run down -- --stack c",
    );
  });

  test("of a host name that another stack has; one's own and a free one are fine", () => {
    const place = { stack: "guest", system: "s" };
    expect(claimRefusal(place, "a.localhost", undefined)).toBeUndefined();
    expect(claimRefusal(place, "a.localhost", "guest\n")).toBeUndefined();
    expect(claimRefusal(place, "a.localhost", "main\n")).toBe(
      "host name a.localhost belongs to stack main: choose another with `pulumi config set --path 'slipway:edge.domain' <host name> --stack guest`, or remove that stack with `npm run down -- --stack main`",
    );
  });

  const own = "give stack guest an edge of its own with `pulumi config rm --path 'slipway:edge.share' --stack guest`";
  test.each<[string, string, readonly Labelled[], string]>([
    ["itself", "guest", [edge("guest")], `slipway:edge.share names stack guest itself: ${own}`],
    [
      "a stack without an edge",
      "main",
      [edge("main", "8443", "internal", "stopped")],
      `slipway:edge.share: the edge of stack main does not run on this host: start it with \`npm start -- --stack main\`, or ${own}`,
    ],
    [
      "a stack that shares itself",
      "b",
      [edge("main"), sharer("b", "main")],
      "slipway:edge.share: stack b has no edge of its own, it shares that of stack main: `pulumi config set --path 'slipway:edge.share' main --stack guest`",
    ],
    [
      "another while its own is shared",
      "main",
      [edge("main"), edge("guest", "8444"), sharer("c", "guest")],
      `slipway:edge.share: stack c shares the edge of stack guest and would no longer be reached. Remove it first: npm run down -- --stack c; or ${own}`,
    ],
  ])("of a stack that shares the edge of %s", (_, owner, containers, words) => {
    expect(() => edgeToShare("guest", owner, containers)).toThrow(new Error(words));
  });

  test("a running edge can be shared", () => {
    expect(edgeToShare("guest", "main", [edge("main")])).toEqual({ stack: "main", httpsPort: 8443, ca: "internal" });
  });
});
