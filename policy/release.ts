import { at, isContainer, isStep, listAt, numberAt, type Planned, recordAt, textAt } from "./planned.ts";
import type { Found, Policy, StackPolicy } from "./policy.ts";

const order = "let infra/platforms/docker/platform.ts place the system: App makes the steps in their order";

/** A rule about each Rollout of a plan. */
function eachRollout(
  about: Omit<StackPolicy, "kind" | "judge">,
  wrong: (rollout: Planned, plan: readonly Planned[]) => readonly (readonly [at: string, is: string])[],
): StackPolicy {
  return {
    ...about,
    kind: "stack",
    judge: (plan) =>
      plan
        .filter(isStep("Rollout"))
        .flatMap((rollout) => wrong(rollout, plan).map(([where, is]): Found => ({ at: where, is, urn: rollout.urn }))),
  };
}

/** The steps of that kind which an input follows from. */
function sourcesOf(resource: Planned, input: string, step: string, plan: readonly Planned[]): readonly Planned[] {
  const urns = resource.follows[input] ?? [];
  return plan.filter((each) => isStep(step)(each) && urns.includes(each.urn));
}

/** Where no Docker host is, the platform releases: a rollout that only waits for it. */
const isElsewhere = ({ inputs }: Planned) => at(inputs, "generations") !== undefined;

/** What migrates: the rollout itself on a Docker host, a step before it elsewhere. */
function migrating(rollout: Planned, plan: readonly Planned[]): readonly Planned[] {
  return isElsewhere(rollout) ? plan.filter(isStep("LiveMigration")) : [rollout];
}

/** How a release comes: what the guides' procedures want before, during and after it. */
export const releasePolicies: readonly Policy[] = [
  eachRollout(
    {
      name: "backup-before-migration",
      level: "mandatory",
      guides: ["000:59", "002:45", "003:354", "003:551", "004:45", "004:106", "004:291"],
      allowed: "Migration and Rollout that take their set from a BackupPoint",
      mend: order,
    },
    (rollout, plan) => {
      const own = migrating(rollout, plan);
      const migrations = own.flatMap((each) => sourcesOf(each, "rehearsed", "Migration", plan));
      return [...own, ...migrations]
        .filter((step) => sourcesOf(step, "set", "BackupPoint", plan).length === 0)
        .map(({ name }) => [`${name}.set`, "from no BackupPoint"]);
    },
  ),
  eachRollout(
    {
      name: "migration-rehearsed",
      level: "mandatory",
      guides: ["000:270", "000:279", "002:43", "002:112", "004:249"],
      allowed: "a Rollout that goes to the very revision which Migration rehearsed on a copy and proved by assertions",
      mend: order,
    },
    (rollout, plan) =>
      migrating(rollout, plan).flatMap((own) => [
        ...(sourcesOf(own, "rehearsed", "Migration", plan).length > 0
          ? []
          : ([["rehearsed", "from no Migration"]] as const)),
        ...(textAt(own.inputs, "schema", "target") === "head"
          ? ([["schema.target", "head, which is another revision tomorrow"]] as const)
          : []),
        ...(listAt(own.inputs, "schema", "assertions").length > 0
          ? []
          : ([["schema.assertions", "none: nothing would prove the schema"]] as const)),
      ]),
  ),
  eachRollout(
    {
      name: "smoke-tested",
      level: "mandatory",
      guides: ["000:533", "001:373", "002:635", "003:543", "003:544", "003:545", "004:354", "004:355"],
      allowed: "a SmokeTest of this release with probes, by https where there is an edge",
      mend: "name probes in the system's file",
    },
    ({ urn }, plan) => {
      const proofs = plan.filter((each) => isStep("SmokeTest")(each) && each.follows["release"]?.includes(urn));
      if (proofs.length === 0) return [["smoke-test", "missing"]];
      return proofs.flatMap(({ inputs }) => [
        ...(listAt(inputs, "probes").length > 0 ? [] : ([["smoke-test.probes", "none"]] as const)),
        ...(at(inputs, "edge") === undefined || textAt(inputs, "edge", "target", "base")?.startsWith("https://")
          ? []
          : ([["smoke-test.edge.target.base", "not by https"]] as const)),
      ]);
    },
  ),
  eachRollout(
    {
      name: "one-writer",
      level: "mandatory",
      guides: ["001:587"],
      allowed: "with SQLite mode stop-first and one replica of each workload",
      mend: "pulumi config set --path slipway:app.replicas 1",
    },
    ({ inputs }) => {
      if (textAt(inputs, "data", "database", "kind") !== "sqlite") return [];
      const many = listAt(inputs, "workloads").flatMap((plan, index) =>
        numberAt(plan, "replicas") > 1
          ? [[`workloads[${index}].replicas`, String(numberAt(plan, "replicas"))] as const]
          : [],
      );
      const mode = textAt(inputs, "mode");
      return mode === "stop-first" ? many : [["mode", `${mode}: two writers would lose rows`], ...many];
    },
  ),
  eachRollout(
    {
      name: "watched-under-traffic",
      level: "advisory",
      guides: ["002:542", "004:353", "004:486", "004:728"],
      allowed: "a bake time of 30 seconds or more, and metrics to judge by",
      mend: "pulumi config set --path slipway:rollout.bakeSeconds 60",
    },
    (rollout) => {
      if (isElsewhere(rollout)) return [];
      const seconds = numberAt(rollout.inputs, "bake", "seconds");
      return seconds >= 30 ? [] : [["bake.seconds", `${seconds}: a release that goes bad is not undone`]];
    },
  ),
  eachRollout(
    {
      name: "metrics-kept",
      level: "advisory",
      guides: ["000:615", "001:435", "002:60", "003:550", "004:728"],
      allowed: "Prometheus beside the app",
      mend: "pulumi config set --path slipway:prometheus.enabled true",
    },
    (rollout, plan) =>
      isElsewhere(rollout) || plan.some((each) => isContainer(each) && each.name === "prometheus")
        ? []
        : [["prometheus", "missing"]],
  ),
  eachRollout(
    {
      name: "nothing-taken-away",
      level: "advisory",
      guides: ["000:704", "004:98", "004:319"],
      allowed: "a migration that expands; one that contracts ends the way back by code",
      mend: "pulumi config set --path slipway:rollout.migration expand, once the contracting release serves",
    },
    (rollout, plan) =>
      sourcesOf(rollout, "rehearsed", "Migration", plan)
        .filter(({ inputs }) => textAt(inputs, "kind") === "contract")
        .map(({ name }) => [`${name}.kind`, "contract"]),
  ),
  eachRollout(
    {
      name: "somebody-is-told",
      level: "advisory",
      guides: ["004:287", "004:732"],
      allowed: "in production a webhook that hears of start, success and undo",
      mend: "pulumi config set --path --secret slipway:announce.webhook <https URL>",
    },
    ({ inputs }) =>
      textAt(inputs, "environment") === "production" && at(inputs, "webhook") === "" ? [["webhook", "none"]] : [],
  ),
  eachRollout(
    {
      name: "sets-complete",
      level: "mandatory",
      guides: ["000:59", "000:62", "001:462", "001:463", "001:492", "004:106"],
      allowed: "a BackupPoint that sees every volume which a workload writes to, and keeps three sets or more",
      mend: "pulumi config set --path slipway:backup.keep 30; a system's volumes are those of its workloads",
    },
    (rollout, plan) =>
      sourcesOf(rollout, "set", "BackupPoint", plan).flatMap((point) => incomplete(point, rollout.inputs)),
  ),
];

function incomplete(point: Planned, rollout: Planned["inputs"]): readonly (readonly [string, string])[] {
  const seen = new Set(listAt(point.inputs, "data", "mounts").map((mount) => textAt(mount, "volume")));
  const written = listAt(rollout, "workloads").flatMap((plan) =>
    listAt(recordAt(plan, "container"), "mounts")
      .filter((mount) => at(mount, "readOnly") !== true)
      .map((mount) => textAt(mount, "volume") ?? ""),
  );
  const keep = numberAt(point.inputs, "data", "keep");
  return [
    ...[...new Set(written)]
      .filter((name) => !seen.has(name))
      .map((name) => [`${point.name}.data.mounts`, `without ${name}`] as const),
    ...(keep >= 3 ? [] : ([[`${point.name}.data.keep`, String(keep)]] as const)),
  ];
}
