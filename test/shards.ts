import type { PartName } from "../infra/images/catalog.ts";
import type { GoToolName } from "./live/support/go-tools.ts";

/** What runs when. A shard takes at most 20 minutes on two cores; the gate has one case of every noun. */
export interface Shard {
  readonly name: string;
  readonly files: readonly string[];
  /** A change below one of these asks for the shard in CI. */
  readonly folders: readonly string[];
  /** Parts whose image takes longer to build than a test may wait: had before the tests begin. @default none */
  readonly images?: readonly PartName[];
  /** Programs that are built from source as well: had before the tests begin. @default none */
  readonly tools?: readonly GoToolName[];
  /** How long it takes at most, its images and tools included. @default 20 */
  readonly minutes?: number;
}

const product = ["components/", "infra/", "ops/", "images/", "toolchain/"];
const released = ["components/", "infra/", "test/live/", "test/workloads/"];
/** What carries a release out, and what it leaves for whoever comes after a crash. */
const atWork = ["components/rollout/", "components/switch/", "components/steps/"];
/** What `slipway:watch.profile` full runs. */
const watching: readonly PartName[] = [
  "alertmanager",
  "node-exporter",
  "redis-exporter",
  "postgres-exporter",
  "blackbox-exporter",
  "container-exporter",
];
/** Of whatever runs in a cluster. */
const inCluster = [
  "components/cluster/",
  "components/container/kubernetes",
  "components/app/kubernetes",
  "infra/platforms/kubernetes",
  "toolchain/cluster/",
  "test/doubles/kubernetes-provider/",
];

export const gate: readonly Shard[] = [
  { name: "unit", files: ["test/unit"], folders: [] },
  { name: "program", files: ["test/program"], folders: [] },
  { name: "launch", files: ["test/live/launch.test.ts"], folders: [] },
  { name: "failures", files: ["test/live/failures.test.ts"], folders: [] },
  { name: "overlap", files: ["test/live/rollout.test.ts"], folders: [] },
];

/** In CI's order: what users do with a stack, what guards it, whole systems, then single nouns, since the gate has a case of each noun. */
export const shards: readonly Shard[] = [
  {
    name: "promotion",
    files: ["test/live/promotion.test.ts"],
    folders: ["components/proof/", "components/smoke-test/", "infra/release/", "infra/images/", "ops/promote/"],
  },
  {
    name: "ssh",
    files: ["test/live/ssh.test.ts"],
    folders: ["toolchain/", "components/steps/", "infra/preflight/", "ops/", "test/live/support/sshd/"],
  },
  {
    name: "cloud-init",
    files: ["test/live/cloud-init.test.ts"],
    folders: ["components/machine/", "test/live/support/cloud-host", "test/doubles/aws-agents/"],
  },
  {
    name: "drift",
    files: ["test/live/catalogue.test.ts", "test/live/drift-sqlite.test.ts", "test/live/drift.test.ts"],
    folders: [
      "ops/",
      "infra/",
      "components/rollout/",
      "components/container/",
      "components/files/",
      "components/steps/",
    ],
  },
  {
    name: "policy",
    files: ["test/live/policy.test.ts"],
    folders: ["policy/", "components/", "infra/", "ops/", "toolchain/", "test/fixtures/policy/"],
  },
  {
    name: "backup",
    files: ["test/live/backup.test.ts"],
    folders: ["components/backup/", "components/switch/", "ops/data/"],
  },
  {
    name: "restore",
    files: ["test/live/restore.test.ts", "test/live/restore-postgres.test.ts"],
    folders: ["components/backup/", "components/volumes/", "components/postgres/", "ops/data/", "ops/stack"],
  },
  {
    name: "import",
    files: ["test/live/import.test.ts", "test/live/import-postgres.test.ts"],
    folders: ["components/backup/", "components/postgres/", "ops/data/"],
  },
  {
    name: "status",
    files: ["page", "orders", "guides"]
      .map((name) => `test/live/status-${name}.test.ts`)
      .concat("test/live/status.test.ts"),
    folders: ["ops/", "components/steps/", "components/bake/", "components/switch/", "images/haproxy/"],
  },
  {
    name: "diligence",
    files: ["test/live/diligence.test.ts", "test/live/diligence-sqlite.test.ts"],
    folders: [...product, "test/workloads/diligence/", "test/doubles/anthropic", "test/live/support/"],
  },
  {
    name: "celery",
    files: ["test/live/celery.test.ts"],
    folders: ["components/rollout/", "components/backup/", "components/redis/", "test/workloads/diligence/"],
  },
  {
    name: "offsite",
    files: ["test/live/offsite.test.ts", "test/live/offsite-places.test.ts"],
    folders: ["components/offsite/", "components/backup/", "ops/data/", "images/restic/"],
    images: ["restic"],
    tools: ["versitygw"],
  },
  {
    // Ten minutes of them the bucket refuses.
    name: "offsite-log",
    files: ["test/live/offsite-log.test.ts"],
    folders: ["components/offsite-log/", "components/archive/", "images/rclone/"],
    images: ["rclone"],
    tools: ["versitygw"],
  },
  {
    name: "offsite-log-stack",
    files: ["test/live/offsite-log-stack.test.ts", "test/live/offsite-log-sqlite.test.ts"],
    folders: ["components/offsite-log/", "ops/data/", "images/rclone/"],
    images: ["rclone", "restic", "litestream"],
    tools: ["versitygw"],
  },
  {
    name: "managed",
    files: ["aws", "commands", "models", "postgres", "release"].map((name) => `test/live/managed-${name}.test.ts`),
    folders: [
      "components/fargate/",
      "components/steps/fargate",
      "components/steps/rds",
      "components/steps/cloudwatch",
      "components/backup/rds",
      "components/bake/",
      "components/postgres/",
      "components/proof/",
      "components/rollout/cluster",
      "ops/status/managed/",
      "ops/data/managed/",
    ],
  },
  {
    name: "s3",
    files: ["test/live/s3.test.ts", "test/live/s3-stack.test.ts"],
    folders: ["components/offsite/", "components/bucket/", "images/restic/", "ops/data/"],
    images: ["restic"],
    tools: ["versitygw"],
  },
  {
    name: "secrets",
    files: ["test/live/secrets.test.ts", "test/live/secret-files.test.ts"],
    folders: [
      "components/secrets/",
      "components/app/secret-files",
      "components/redis/",
      "components/postgres/",
      "infra/config/",
      "test/live/support/",
    ],
    tools: ["gitleaks"],
  },
  {
    name: "hardening",
    files: ["test/live/hardening.test.ts", "test/live/peers.test.ts"],
    folders: ["components/", "infra/config/", "infra/platforms/", "images/", "policy/"],
    images: watching,
  },
  {
    name: "tls",
    files: ["test/live/tls.test.ts", "test/live/tls-acme.test.ts"],
    folders: ["components/edge/", "components/switch/", "components/certificate/", "images/caddy/", "images/haproxy/"],
    tools: ["pebble", "pebbleNames"],
  },
  {
    name: "tmws-2.3",
    files: ["test/live/tmws-2.3-checklist.test.ts", "test/live/tmws-2.3.test.ts"],
    folders: [...product, "test/workloads/tmws", "test/live/support/"],
    images: ["ollama"],
    minutes: 25,
  },
  {
    name: "tria",
    files: ["test/live/tria-app.test.ts", "test/live/tria.test.ts"],
    folders: [...product, "test/workloads/tria/", "test/doubles/"],
    images: ["chroma"],
  },
  {
    name: "alerts",
    files: ["test/live/alerts-rules.test.ts", "test/live/alerts.test.ts"],
    folders: [
      "components/alerts/",
      "components/alertmanager/",
      "components/exporters/",
      "components/prometheus/",
      "infra/platforms/docker/watch",
      "infra/systems/",
      "images/",
      "docs/runbooks/",
    ],
    images: watching,
  },
  {
    name: "containers",
    files: ["test/live/containers.test.ts"],
    folders: [
      "components/exporters/",
      "components/alerts/containers",
      "components/steps/container-names",
      "components/steps/lease",
      "infra/platforms/docker/named",
      "images/container-exporter/",
    ],
    images: watching,
  },
  {
    name: "edge-metrics",
    files: ["test/live/edge-metrics.test.ts"],
    folders: ["components/edge/", "components/switch/", "components/prometheus/", "infra/platforms/docker/gateway"],
    images: ["node-exporter"],
  },
  {
    name: "logs",
    files: ["test/live/logs.test.ts", "test/live/logs-web.test.ts"],
    folders: ["components/logs/", "images/otel-collector/", "infra/platforms/docker/ship", "ops/logs/"],
    images: ["otel-collector"],
    tools: ["victoriaLogs"],
  },
  {
    name: "logs-count",
    files: ["test/live/logs-count.test.ts"],
    folders: [
      "components/logs/",
      "components/alerts/logged",
      "components/prometheus/",
      "images/otel-collector/",
      "infra/platforms/docker/ship",
      "infra/systems/diligence.logs",
    ],
    images: ["otel-collector"],
  },
  {
    name: "bad-days",
    files: ["test/live/bad-days.test.ts"],
    folders: ["components/backup/", "components/volumes/", "ops/data/"],
  },
  {
    name: "pitr",
    files: ["test/live/archive.test.ts", "test/live/pitr.test.ts"],
    folders: ["components/archive/", "components/postgres/", "components/backup/", "ops/data/"],
  },
  {
    name: "litestream",
    files: ["test/live/litestream.test.ts"],
    folders: ["components/litestream/", "components/backup/", "ops/data/", "images/litestream/"],
    images: ["litestream"],
  },
  {
    name: "ollama",
    files: ["test/live/ollama.test.ts", "test/live/ollama-native.test.ts"],
    folders: ["components/ollama/", "components/steps/", "infra/preflight/", "images/ollama/"],
    images: ["ollama"],
  },
  {
    name: "firewall",
    files: ["test/live/firewall.test.ts"],
    folders: ["components/firewall/", "images/firewall/", "components/edge/", "infra/platforms/", "toolchain/ssh/"],
    images: ["firewall"],
  },
  {
    name: "firewall-host",
    files: ["test/live/firewall-host.test.ts"],
    folders: ["components/firewall/", "images/firewall/", "components/machine/files", "ops/reach"],
    images: ["firewall"],
  },
  {
    name: "aidis",
    files: ["checklist", "variables", "protocol", "public"]
      .map((name) => `test/live/aidis-${name}.test.ts`)
      .concat("test/live/aidis.test.ts"),
    folders: [...product, "test/workloads/aidis/", "test/live/aidis", "test/live/support/"],
  },
  {
    name: "side-by-side",
    files: ["test/live/side-by-side.test.ts", "test/live/side-by-side-systems.test.ts"],
    folders: ["components/edge/", "components/switch/", "infra/preflight/", "infra/systems/", "images/caddy/", "ops/"],
  },
  {
    name: "backends",
    files: ["test/live/backends.test.ts"],
    folders: ["toolchain/prepare.ts", "toolchain/environment.ts", "toolchain/state.ts", "ops/stack"],
  },
  { name: "env", files: ["test/live/env.test.ts"], folders: ["ops/", "infra/config/", "infra/systems/"] },
  { name: "rollout-stop-first", files: ["test/live/rollout-stop-first.test.ts"], folders: released },
  {
    name: "rollout-undo",
    files: ["test/live/rollout-undo.test.ts", "test/live/rollout-bake.test.ts"],
    folders: released,
    minutes: 25,
  },
  {
    name: "own-system",
    files: ["test/live/own-system.test.ts"],
    folders: ["components/options/", "infra/systems/", "infra/config/", "ops/"],
  },
  {
    name: "checklist",
    files: ["test/live/checklist.test.ts"],
    folders: [...product, "test/workloads/", "test/fixtures/"],
  },
  {
    name: "workloads",
    files: ["test/live/workloads.test.ts", "test/live/workloads-audit.test.ts"],
    folders: ["components/app/", "components/container/", "components/probe/", "components/steps/"],
  },
  {
    name: "switch",
    files: ["test/live/switch.test.ts"],
    folders: ["components/switch/", "components/container/", "images/haproxy/"],
  },
  {
    name: "postgres",
    files: ["test/live/postgres.test.ts"],
    folders: ["components/certificate/", "components/postgres/", "images/postgres/"],
  },
  {
    name: "triggers",
    files: ["test/live/triggers.test.ts"],
    folders: ["components/bake/", "components/announce/", "components/switch/", "images/haproxy/"],
  },
  { name: "kill", files: ["test/live/kill.test.ts"], folders: [...product, "test/live/"] },
  {
    name: "single-writer",
    files: ["test/live/single-writer.test.ts"],
    folders: ["components/rollout/", "components/switch/", "components/steps/", "components/backup/"],
  },
  {
    name: "images",
    files: ["test/live/images.test.ts", "test/live/images-application.test.ts"],
    folders: ["images/", "infra/images/", "toolchain/"],
  },
  {
    name: "dashboards-schema",
    files: ["test/live/dashboards-schema.test.ts"],
    folders: ["components/dashboards/", "infra/systems/", "test/live/support/dashboard-schema/"],
  },
  ...["tmws", "orders", "aidis", "tria", "diligence"].map((system) => ({
    name: `dashboards-${system}`,
    files: [`test/live/dashboards-${system}.test.ts`],
    folders: [
      "components/dashboards/",
      "components/prometheus/",
      "components/switch/",
      "ops/dashboards/",
      "ops/report/",
      `infra/systems/${system}.panels`,
    ],
  })),
  // Last: the longest ones, and where CI's time is over the others have run.
  {
    name: "faults-around",
    files: ["test/live/faults.test.ts", "test/live/faults-engine.test.ts"],
    folders: atWork,
  },
  { name: "faults-kill-overlap", files: ["test/live/faults-kill-overlap.test.ts"], folders: atWork },
  { name: "faults-kill-stop-first", files: ["test/live/faults-kill-stop-first.test.ts"], folders: atWork },
  // These want a cluster, which is built from source where KUBECONFIG names none: minutes, once.
  {
    name: "kubernetes",
    files: ["test/live/kubernetes.test.ts"],
    folders: [...inCluster, "components/migration/handover"],
  },
  {
    name: "kubernetes-orders",
    files: ["test/live/kubernetes-orders.test.ts"],
    folders: [
      ...inCluster,
      "components/postgres/",
      "components/migration/live",
      "components/rollout/cluster",
      "components/steps/kubernetes",
      "test/workloads/orders/",
    ],
  },
  {
    name: "kubernetes-alone",
    files: ["test/live/kubernetes-alone.test.ts"],
    folders: [...inCluster, "components/steps/namespace-lease", "components/steps/kubernetes-leases", "ops/data/there"],
  },
  {
    // Its controllers are built from source, once, which is not in these minutes.
    name: "kubernetes-ingress",
    files: ["test/live/kubernetes-ingress.test.ts"],
    folders: [...inCluster, "test/live/support/ingress", "test/workloads/orders/"],
    tools: ["traefik", "certManager", "acmeSolver", "pebble", "pebbleNames"],
  },
  {
    name: "kubernetes-move",
    files: ["test/live/kubernetes-move.test.ts"],
    folders: [...inCluster, "ops/data/cluster", "ops/data/there", "ops/data/import/lend", "test/workloads/tria/"],
  },
  {
    name: "kubernetes-double",
    files: ["test/live/kubernetes-double.test.ts"],
    folders: ["test/doubles/kubernetes-provider/", "toolchain/cluster/"],
  },
  {
    name: "kubernetes-systems",
    files: ["test/live/kubernetes-systems.test.ts"],
    folders: [
      ...inCluster,
      "components/app/pods",
      "components/beside/kubernetes",
      "components/ollama/kubernetes",
      "components/postgres/kubernetes",
      "components/redis/kubernetes",
      "infra/systems/",
    ],
    images: ["chroma", "ollama"],
  },
];

/** CI is stopped at minute 90: it starts no shard that might not have ended by this one. */
export const lastMinute = 85;

export function endsInTime({ minutes = 20 }: Shard, minute: number): boolean {
  return minute + minutes <= lastMinute;
}

/** The shards of a name, or those that a longer one was divided into: `faults` is `faults-around` and both `faults-kill-...`, `rollout` as well. */
export function shardsNamed(name: string): readonly Shard[] {
  const all = [...gate, ...shards];
  const own = all.filter((shard) => shard.name === name);
  return own.length > 0 ? own : all.filter((shard) => shard.name.startsWith(`${name}-`));
}

/** Shards that a change touches; all of them when it is not known what changed. */
export function touchedShards(changed: readonly string[] | undefined): readonly Shard[] {
  if (changed === undefined) return shards;
  return shards.filter((shard) => shard.folders.some((folder) => changed.some((path) => path.startsWith(folder))));
}
