import { expect, test } from "vitest";
import { isInCluster, refusedThere } from "../../../ops/platform.ts";

test("a command for a Docker host names what serves in a cluster instead", () => {
  expect(refusedThere("down", "blue")).toBe(
    'stack blue runs on Kubernetes, and this command is for a Docker host\n  instead: eval "$(npm run -s env)"; pulumi destroy --exclude-protected --stack blue',
  );
  expect(refusedThere("logs", "blue")).toContain("kubectl logs --namespace slipway-blue");
});

test.each(["start", "preview", "url", "env", "backup", "restore", "toString"])("%s serves everywhere", (command) => {
  expect(refusedThere(command, "blue")).toBeUndefined();
});

test("the stack's file says where it runs; the one of a laptop is no cluster's", () => {
  expect(isInCluster("local")).toBe(false);
  expect(isInCluster("no-such-stack")).toBe(false);
});
