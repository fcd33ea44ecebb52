import { type Box, boxesOf } from "./box.ts";
import { isContainer, isStep, listAt, numberAt, recordAt, textAt } from "./planned.ts";
import type { Found, ResourcePolicy, StackPolicy } from "./policy.ts";

/** A rule about every container, by what is wrong with one. */
export function eachBox(
  about: Omit<ResourcePolicy, "kind" | "judge">,
  wrong: (box: Box) => readonly (readonly [field: string, is: string])[],
): ResourcePolicy {
  return {
    ...about,
    kind: "resource",
    judge: (resource) =>
      boxesOf(resource).flatMap((box) => wrong(box).map(([field, is]): Found => ({ at: `${box.at}${field}`, is }))),
  };
}

/** What a container may take of its host, and how it is kept alive. */
export const containerPolicies: readonly (ResourcePolicy | StackPolicy)[] = [
  eachBox(
    {
      name: "memory-limited",
      level: "mandatory",
      guides: ["001:289", "002:646"],
      allowed: "a memory limit, with no swap beyond it",
      mend: "pulumi config set --path slipway:resources.memoryMb 2048, or remove what unsets it",
    },
    ({ memoryMb, swapMb, workload }) => {
      if (memoryMb <= 0) return [[workload ? "limits.memoryMb" : "memory", "no limit"]];
      return swapMb === memoryMb ? [] : [["memorySwap", `${swapMb} beside a memory of ${memoryMb}`]];
    },
  ),
  {
    name: "cpu-and-pids-limited",
    level: "mandatory",
    guides: ["001:289", "002:646"],
    allowed: "limits of cpus and pids above 0, for a part by its step Limits",
    mend: "pulumi config set --path slipway:resources.cpus 2; for a part make it by components/container/docker.ts (Part)",
    kind: "stack",
    judge: (plan) => [
      ...plan
        .filter(isContainer)
        .filter(({ name }) => !plan.some((other) => isStep("Limits")(other) && other.name === `${name}-limits`))
        .map(({ urn, name }): Found => ({ at: name, is: "without a step Limits", urn })),
      ...plan.filter(isStep("Limits")).flatMap(({ inputs, urn }) => unlimited(inputs, "limits.", urn)),
      ...plan
        .filter(isStep("Rollout"))
        .flatMap(({ inputs, urn }) =>
          listAt(inputs, "workloads").flatMap((each, index) =>
            unlimited(recordAt(each, "container"), `workloads[${index}].container.limits.`, urn),
          ),
        ),
    ],
  },
  eachBox(
    {
      name: "restarted",
      level: "mandatory",
      guides: ["000:450", "002:289", "002:628"],
      allowed: "restart unless-stopped",
      mend: "remove what sets another restart policy; stopping is npm run down",
    },
    ({ restart }) => (restart === "unless-stopped" ? [] : [["restart", restart]]),
  ),
  eachBox(
    {
      name: "logs-rotated",
      level: "mandatory",
      guides: ["001:417", "001:422", "002:319", "002:631"],
      allowed: "max-size with a max-file of 2 or more",
      mend: "make the container by components/container (logRotation)",
    },
    ({ log }) =>
      // Of a shipped log the copy on the host: components/logs/spec.ts.
      (textAt(log, "max-size") ?? textAt(log, "cache-max-size")) !== undefined &&
      Number(textAt(log, "max-file") ?? textAt(log, "cache-max-file") ?? 0) >= 2
        ? []
        : [["logOpts", "without rotation: the log grows until the disk is full"]],
  ),
  eachBox(
    {
      name: "health-checked",
      level: "mandatory",
      guides: ["000:451", "001:291", "002:632", "003:543"],
      allowed:
        "a health check; a worker's is asked by Rollout, the edge's by SmokeTest; the log shipper's image has no command for one",
      mend: "give the duty a healthCommand in the system's file, the part a health in its spec.ts",
    },
    ({ health, part, workload }) =>
      workload || part === "edge" || part === "log-shipper" || (health.length > 0 && health[0] !== "NONE")
        ? []
        : [["healthcheck", "none"]],
  ),
  {
    name: "candidates-asked",
    level: "mandatory",
    guides: ["001:291", "003:92", "003:443", "003:543"],
    allowed: "for web and tcp a health check of the container, for a worker a check command",
    mend: "give the workload's duty a healthCommand or a check in the system's file",
    kind: "resource",
    judge: (resource) =>
      isStep("Rollout")(resource)
        ? listAt(resource.inputs, "workloads").flatMap((plan, index) => {
            const worker = textAt(plan, "duty", "kind") === "worker";
            const asked = worker ? listAt(plan, "duty", "check") : listAt(plan, "container", "health", "test");
            const field = worker ? "duty.check" : "container.health";
            return asked.length > 0 ? [] : [{ at: `workloads[${index}].${field}`, is: "none" }];
          })
        : [],
  },
  eachBox(
    {
      name: "stops-gracefully",
      level: "mandatory",
      guides: ["003:62", "003:98"],
      allowed: "10 seconds or more between SIGTERM and SIGKILL",
      mend: "pulumi config set --path slipway:rollout.stopGraceSeconds 30",
    },
    ({ graceSeconds, workload }) =>
      graceSeconds >= 10
        ? []
        : [[workload ? "stopGraceSeconds" : "destroyGraceSeconds", `${graceSeconds} s: it is cut off in its work`]],
  ),
  eachBox(
    {
      name: "image-by-digest",
      level: "mandatory",
      guides: ["000:72", "000:75", "004:311"],
      allowed: "an image id (sha256:...) or a reference by digest (...@sha256:...)",
      mend: "pulumi config set --path slipway:image.ref <repository:tag@sha256:digest, the one that staging proved>",
    },
    ({ image }) =>
      image === undefined || /^sha256:|@sha256:/.test(image)
        ? []
        : [["image", `${image === "" ? "none" : image}, which may be another image tomorrow`]],
  ),
];

function unlimited(inputs: Readonly<Record<string, unknown>>, where: string, urn: string): readonly Found[] {
  return ["cpus", "pids"]
    .filter((key) => numberAt(inputs, "limits", key) <= 0)
    .map((key) => ({ at: `${where}${key}`, is: "no limit", urn }));
}
