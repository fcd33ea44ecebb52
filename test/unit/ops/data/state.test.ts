import { expect, test } from "vitest";
import { withoutResources } from "../../../../ops/data/state.ts";

const urn = (name: string) => `urn:pulumi:local::slipway::x::${name}`;
const state = {
  version: 3,
  deployment: {
    manifest: { magic: "m" },
    resources: [
      { urn: urn("stack"), type: "pulumi:pulumi:Stack" },
      { urn: urn("old"), type: "v", protect: true },
      { urn: urn("new"), type: "v" },
      {
        urn: urn("step"),
        type: "s",
        dependencies: [urn("old"), urn("new")],
        propertyDependencies: { data: [urn("old")], place: null, set: [urn("new"), urn("old")] },
        inputs: { kept: urn("old") },
      },
    ],
  },
};

test("a resource goes, and with it the waiting for it; all else stays letter by letter", () => {
  const [stack, , fresh, step] = state.deployment.resources;
  expect(JSON.parse(withoutResources(JSON.stringify(state), [urn("old")]))).toEqual({
    ...state,
    deployment: {
      ...state.deployment,
      resources: [
        stack,
        fresh,
        { ...step, dependencies: [urn("new")], propertyDependencies: { data: [], place: null, set: [urn("new")] } },
      ],
    },
  });
});

test("with nothing to take away it is the same", () => {
  expect(JSON.parse(withoutResources(JSON.stringify(state), []))).toEqual(state);
});
