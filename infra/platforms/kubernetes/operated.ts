import type { Operated } from "../../../components/cluster/policies.ts";
import { OperatedPostgres, type OperatedPostgresArgs } from "../../../components/postgres/operated.ts";
import { instancesOf, metricsPort, operatedLabels, statusPort } from "../../../components/postgres/operated-spec.ts";
import { postgresPort } from "../../../components/postgres/spec.ts";
import type { Settings } from "../../config/settings.ts";
import type { System } from "../../systems/system.ts";
import type { InCluster } from "./placement.ts";

/** PostgreSQL by an operator, where config wants one. */

type Wanted = Pick<Settings, "kubernetes">;

/** Whether an operator runs a system's servers; never of one that keeps its rows in a file. */
export function isOperated({ database }: Pick<System, "database">, { kubernetes }: Wanted): boolean {
  return database.kind === "postgres" && kubernetes.postgres.operator !== "none";
}

/** The servers with as many instances as config or the tier says, told to the Prometheus of `monitoring`. */
export function operatedPostgres(
  { placement: { settings }, parent }: InCluster,
  args: Omit<OperatedPostgresArgs, "monitored" | "spec"> & {
    readonly spec: Omit<OperatedPostgresArgs["spec"], "instances">;
  },
): OperatedPostgres {
  const { postgres, monitoring } = settings.kubernetes;
  const spec = { ...args.spec, instances: instancesOf(settings.tier, postgres.instances) };
  return new OperatedPostgres("postgres", { ...args, spec, monitored: monitoring !== undefined }, { parent });
}

/** What of it somebody outside the namespace asks. */
export function operatedExposure(system: Pick<System, "database">, settings: Wanted) {
  if (!isOperated(system, settings)) return { jobs: [] };
  const { operatorNamespace: namespace } = settings.kubernetes.postgres;
  const operated: Operated = { namespace, part: "postgres", labels: operatedLabels, ports: [statusPort, postgresPort] };
  return { operated, jobs: [{ part: "postgres", ports: [metricsPort] }] };
}
