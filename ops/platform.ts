import { existsSync, readFileSync } from "node:fs";
import { stackFile, valueAt } from "./stack-file.ts";

/** Commands that are about a Docker host, or about what is on it. In a cluster kubectl and Pulumi do what they do. */
const instead: Readonly<Record<string, (stack: string) => string>> = {
  down: (stack) => `eval "$(npm run -s env)"; pulumi destroy --exclude-protected --stack ${stack}`,
  status: (stack) => `kubectl get all --namespace slipway-${stack}`,
  logs: (stack) => `kubectl logs --namespace slipway-${stack} deployment/app`,
  exec: (stack) => `kubectl exec --namespace slipway-${stack} -it deployment/app -- sh`,
  drift: (stack) => `eval "$(npm run -s env)"; pulumi preview --refresh --expect-no-changes --stack ${stack}`,
  ...Object.fromEntries(
    ["drill", "proof", "promote", "report"].map((name) => [
      name,
      (stack) => `pulumi config set slipway:platform docker --stack ${stack}`,
    ]),
  ),
};

/** Whether the stack's file says that it runs in a cluster. */
export function isInCluster(stack: string): boolean {
  const file = stackFile(stack);
  return existsSync(file) && valueAt(readFileSync(file, "utf8"), ["platform"]) === "kubernetes";
}

/** Undefined when the command serves a stack there, else what to do in its place. Pure. */
export function refusedThere(command: string, stack: string): string | undefined {
  const other = Object.hasOwn(instead, command) ? instead[command] : undefined;
  if (other === undefined) return undefined;
  return `stack ${stack} runs on Kubernetes, and this command is for a Docker host\n  instead: ${other(stack)}`;
}

/** @throws Error before a command looks at a host on which nothing of the stack is */
export function assertServes(command: string, stack: string): void {
  const refused = isInCluster(stack) ? refusedThere(command, stack) : undefined;
  if (refused !== undefined) throw new Error(refused);
}
