import { expect, test } from "vitest";
import { elsewhere, elsewhereOf, refusedThere } from "../../../ops/platform.ts";

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
  expect(elsewhere("local")).toBeUndefined();
  expect(elsewhere("no-such-stack")).toBeUndefined();
  expect(elsewhereOf("config:\n  slipway:platform: kubernetes\n")).toBe("Kubernetes");
  expect(elsewhereOf("config:\n  slipway:platform: aws\n")).toBeUndefined();
  expect(elsewhereOf("config:\n  slipway:platform: aws\n  slipway:aws:\n    shape: managed\n")).toBe("AWS' own parts");
});

test("where AWS runs the parts, its own commands serve", () => {
  expect(refusedThere("logs", "blue", "AWS' own parts")).toBe(
    "stack blue runs on AWS' own parts, and this command is for a Docker host\n  instead: aws logs tail /slipway/blue/tasks --follow",
  );
  expect(refusedThere("restore", "blue", "AWS' own parts")).toContain('as docs/aws.md says in "Back to a moment"');
  for (const command of ["start", "proof", "status", "drill"])
    expect(refusedThere(command, "blue", "AWS' own parts")).toBeUndefined();
  expect(refusedThere("proof", "blue")).toContain("runs on Kubernetes");
});
