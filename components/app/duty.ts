import type { Duty } from "../rollout/duty.ts";
import { type Backend, candidatePort } from "../switch/names.ts";
import type { Workload } from "./spec.ts";

/** What Rollout must know of a workload beside its container; pure. @param backends all of the system's, in the switch's order */
export function dutyOf({ name, duty }: Workload, backends: readonly Backend[]): Duty {
  if (duty.kind === "worker") return duty;
  const own = backends.flatMap((backend, index) =>
    backend.alias === name ? [{ name: backend.name, candidatePort: candidatePort(index) }] : [],
  );
  const { liveness } = duty;
  switch (duty.kind) {
    case "web": {
      const alive = liveness !== undefined && { liveness, check: duty.healthCommand };
      return { kind: "web", port: duty.port, path: duty.healthPath, json: duty.healthy, ...alive, backends: own };
    }
    case "tcp":
      return {
        kind: "tcp",
        port: duty.port,
        check: duty.healthCommand,
        ...(liveness !== undefined && { liveness }),
        backends: own,
      };
    default:
      return duty satisfies never;
  }
}
