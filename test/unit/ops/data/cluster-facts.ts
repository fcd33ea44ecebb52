import type { KnownSet } from "../../../../components/backup/manifest.ts";
import type { ClusterFacts } from "../../../../ops/data/facts.ts";

/** A stack in a cluster, as the tests of its data have it. */

export const schema = {
  target: "0002",
  heads: ["alembic", "heads"],
  knows: ["alembic", "show"],
  upgrade: ["alembic", "upgrade"],
  revisionSql: "SELECT 1",
  workingDir: "/app",
  variable: "URL",
  url: "x",
  env: {},
  assertions: [],
  report: "x",
};
export const data = {
  image: "slipway/app:1",
  user: "1000:1000",
  mounts: [],
  backupVolume: "slipway-there_backups",
  database: {
    kind: "postgres",
    name: "orders",
    image: "slipway/postgres:1",
    network: "slipway-there_private",
    trust: { volume: "slipway-there_postgres-trust", path: "/trust", readOnly: true },
  },
  directories: [],
  keep: 7,
} as const;
export const facts: ClusterFacts = {
  host: "kubernetes:///slipway-there",
  place: { stack: "there", system: "orders" },
  access: { data, secrets: { PGPASSWORD: "the-password" } },
  schema,
};

type Manifest = NonNullable<KnownSet["manifest"]>;

export function manifestOf(changes: Partial<Manifest>): Manifest {
  return {
    version: 1,
    stack: "here",
    system: "orders",
    began: "",
    ended: "",
    oneMoment: true,
    heldSeconds: 0,
    generation: 0,
    image: "x",
    rows: {},
    stores: [],
    ...changes,
  };
}
