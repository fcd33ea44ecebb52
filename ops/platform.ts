import { existsSync, readFileSync } from "node:fs";
import { stackFile, valueAt } from "./stack-file.ts";

/** Where no Docker host is Slipway's. */
export type Elsewhere = "Kubernetes" | "AWS' own parts";

type Instead = Readonly<Record<string, (stack: string) => string>>;

/** Commands that only a Docker host serves, and what makes the stack one's. */
const onDocker = (command: string, ...names: readonly string[]): Instead =>
  Object.fromEntries(names.map((name) => [name, (stack) => `${command} --stack ${stack}`]));

const everywhere: Instead = {
  down: (stack) => `eval "$(npm run -s env)"; pulumi destroy --exclude-protected --stack ${stack}`,
  drift: (stack) => `eval "$(npm run -s env)"; pulumi preview --refresh --expect-no-changes --stack ${stack}`,
};

/** Commands that are about a Docker host, or about what is on it. Elsewhere the platform's own and Pulumi do what they do. */
const instead: Readonly<Record<Elsewhere, Instead>> = {
  Kubernetes: {
    ...everywhere,
    status: (stack) => `kubectl get all --namespace slipway-${stack}`,
    logs: (stack) => `kubectl logs --namespace slipway-${stack} deployment/app`,
    exec: (stack) => `kubectl exec --namespace slipway-${stack} -it deployment/app -- sh`,
    ...onDocker("pulumi config set slipway:platform docker", ...["schedule", "drill", "proof", "promote", "report"]),
  },
  "AWS' own parts": {
    ...everywhere,
    logs: (stack) => `aws logs tail /slipway/${stack}/tasks --follow`,
    exec: () => "nothing: no shell leads into a task, on purpose",
    ...onDocker("pulumi config set --path slipway:aws.shape host", "schedule", "report"),
    promote: (stack) =>
      `pulumi config set slipway:release promoted --stack ${stack}, promotion.from and promotion.key; then npm run preview, npm start`,
    backup: (stack) =>
      `aws rds create-db-snapshot --db-instance-identifier slipway-${stack} --db-snapshot-identifier slipway-${stack}-by-hand`,
    restore: (stack) =>
      `pulumi config set --path slipway:aws.restoreTime and slipway:data.generation --stack ${stack}, as docs/aws.md says in "Back to a moment"`,
  },
};

/** As the stack's file says; undefined for a Docker host. */
export function elsewhere(stack: string): Elsewhere | undefined {
  const file = stackFile(stack);
  return existsSync(file) ? elsewhereOf(readFileSync(file, "utf8")) : undefined;
}

/** @param text of a stack's file */
export function elsewhereOf(text: string): Elsewhere | undefined {
  const platform = valueAt(text, ["platform"]);
  if (platform === "kubernetes") return "Kubernetes";
  return platform === "aws" && valueAt(text, ["aws", "shape"]) === "managed" ? "AWS' own parts" : undefined;
}

/** Undefined when the command serves a stack there, else what to do in its place. Pure. */
export function refusedThere(command: string, stack: string, where: Elsewhere = "Kubernetes"): string | undefined {
  const there = instead[where];
  const other = Object.hasOwn(there, command) ? there[command] : undefined;
  if (other === undefined) return undefined;
  return `stack ${stack} runs on ${where}, and this command is for a Docker host\n  instead: ${other(stack)}`;
}

/** @throws Error before a command looks at a host on which nothing of the stack is */
export function assertServes(command: string, stack: string): void {
  const where = elsewhere(stack);
  const refused = where === undefined ? undefined : refusedThere(command, stack, where);
  if (refused !== undefined) throw new Error(refused);
}
