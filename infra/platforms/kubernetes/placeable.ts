import { keepsLog } from "../../config/continuous.ts";
import type { Settings } from "../../config/settings.ts";
import type { System } from "../../systems/system.ts";

/** A thing of a stack that Kubernetes cannot run, or Slipway not there yet. */
export interface Unplaceable {
  readonly option: string;
  readonly why: string;
  /** A command. */
  readonly mend: string;
}

const onDocker = "pulumi config set slipway:platform docker";

/** What keeps a system with this config from a cluster; empty when it can go there. Pure. */
export function unplaceable(system: System, settings: Settings): readonly Unplaceable[] {
  const found: Unplaceable[] = [];
  const refuse = (is: boolean, option: string, why: string, mend = onDocker) => is && found.push({ option, why, mend });
  const switchOff = (path: string) => `pulumi config set --path slipway:${path} false`;
  const { database, ollama, tcp, name, workloads } = system;
  const { firewall, watch, offsite, release, data, edge, rollout, logs, announce, prometheus } = settings;
  const { kubernetes } = settings;
  const { autoscale } = kubernetes;
  refuse(
    settings.tcp.public && tcp.length > 0 && Object.keys(kubernetes.loadBalancer).length === 0,
    "tcp.public",
    "true: nothing in a cluster ends its TLS but a load balancer, which kubernetes.loadBalancer tells how by annotations, and says nothing",
    "pulumi config set --path slipway:tcp.public false",
  );
  refuse(
    database.kind === "sqlite" && workloads.filter(({ volumes }) => volumes.length > 0).length > 1,
    "app.database",
    `sqlite: several processes of ${name} write its file, and nothing in a cluster ends all of them before a migration`,
    "pulumi config set --path slipway:app.database postgres",
  );
  refuse(
    ollama?.mode === "native",
    "ollama.mode",
    "native: a cluster has no one host that Ollama could be on",
    "pulumi config set --path slipway:ollama.mode container",
  );
  refuse(
    firewall.enabled,
    "firewall.enabled",
    "true: the firewall is a Docker host's; NetworkPolicies hold in a cluster",
    switchOff("firewall.enabled"),
  );
  refuse(
    watch.profile !== "off",
    "watch.profile",
    `${watch.profile}: exporters and Alertmanager run on Docker only`,
    "pulumi config set --path slipway:watch.profile off",
  );
  const given = (path: string, is: unknown, why: string) =>
    refuse(is !== undefined, path, why, `pulumi config rm --path slipway:${path}`);
  given(
    "tcp.certificate",
    settings.tcp.certificate,
    "in a cluster the load balancer ends TLS, with a certificate of its own",
  );
  given("logs.ship.to", logs.ship.to, "logs are sent on from Docker only; in a cluster its own collector reads them");
  refuse(
    // Where lines are shipped it follows from that.
    logs.count && logs.ship.to === undefined,
    "logs.count",
    "lines are counted on Docker only; in a cluster its own collector reads them",
    "pulumi config rm --path slipway:logs.count",
  );
  given("announce.webhook", announce.webhook, "releases are announced from Docker only");
  given("prometheus.remoteWrite.url", prometheus.remoteWrite.url, "samples are sent on from Docker only");
  given("offsite.url", offsite.url, "copies off the host are made from Docker only");
  refuse(
    release === "promoted",
    "release",
    "promoted: proofs are made and taken on Docker only",
    "pulumi config set slipway:release direct",
  );
  refuse(
    data.generation > 0,
    "data.generation",
    `${data.generation}: in a cluster a restore replaces the database, and makes no volumes of another generation`,
  );
  refuse(
    keepsLog(system, settings),
    "backup.continuous",
    "the write-ahead log is received on Docker only",
    "pulumi config set --path slipway:backup.continuous false",
  );
  refuse(
    database.kind === "postgres" && (rollout.back === "schema" || rollout.back === "data"),
    "rollout.back",
    `${rollout.back}: nothing in a cluster holds users' requests while the data go back`,
    "pulumi config set --path slipway:rollout.back code",
  );
  refuse(
    autoscale.max !== undefined && autoscale.max < autoscale.min,
    "kubernetes.autoscale",
    `at most ${autoscale.max} replicas are fewer than at least ${autoscale.min}`,
    `pulumi config set --path slipway:kubernetes.autoscale.max ${autoscale.min}`,
  );
  refuse(
    autoscale.max !== undefined && database.kind === "sqlite",
    "kubernetes.autoscale",
    'SQLite has one writer at a time (guide 001, "Scaling")',
    "pulumi config rm --path slipway:kubernetes.autoscale.max",
  );
  refuse(
    kubernetes.postgres.operator !== "none" && database.kind === "sqlite",
    "kubernetes.postgres.operator",
    `${kubernetes.postgres.operator}: ${name} keeps its rows in a file of SQLite`,
    "pulumi config rm --path slipway:kubernetes.postgres.operator",
  );
  refuse(
    kubernetes.postgres.operator === "none" && kubernetes.postgres.instances !== undefined,
    "kubernetes.postgres.instances",
    `${kubernetes.postgres.instances}: without an operator there is one server`,
    "pulumi config rm --path slipway:kubernetes.postgres.instances",
  );
  refuse(
    edge.tls.mode === "shared",
    "edge.share",
    "a cluster has no edge to share",
    "pulumi config rm --path slipway:edge.share",
  );
  for (const workload of workloads)
    refuse(
      database.kind === "sqlite" && workload.replicas > 1,
      "app.replicas",
      `${workload.replicas}: SQLite has one writer at a time (guide 001, "Scaling")`,
      "pulumi config set --path slipway:app.replicas 1",
    );
  return found;
}
