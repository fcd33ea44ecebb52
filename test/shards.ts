/** What runs when. A shard takes at most 20 minutes on two cores; the gate has one case of every noun. */
export interface Shard {
  readonly name: string;
  readonly files: readonly string[];
  /** A change below one of these asks for the shard in CI. */
  readonly folders: readonly string[];
}

const product = ["components/", "infra/", "ops/", "images/", "toolchain/"];

export const gate: readonly Shard[] = [
  { name: "unit", files: ["test/unit"], folders: [] },
  { name: "program", files: ["test/program"], folders: [] },
  { name: "launch", files: ["test/live/launch.test.ts"], folders: [] },
  { name: "failures", files: ["test/live/failures.test.ts"], folders: [] },
  { name: "overlap", files: ["test/live/rollout.test.ts"], folders: [] },
];

export const shards: readonly Shard[] = [
  {
    name: "rollout",
    files: ["test/live/rollout-stop-first.test.ts", "test/live/rollout-undo.test.ts"],
    folders: ["components/", "infra/", "test/live/", "test/workloads/"],
  },
  {
    name: "single-writer",
    files: ["test/live/single-writer.test.ts"],
    folders: ["components/rollout/", "components/switch/", "components/steps/", "components/backup/"],
  },
  {
    name: "faults",
    files: ["test/live/faults.test.ts", "test/live/faults-kill.test.ts", "test/live/faults-engine.test.ts"],
    // By name and in test:all: it restarts a private engine and fills disks for a quarter of an hour.
    folders: [],
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
  {
    name: "workloads",
    files: ["test/live/workloads.test.ts"],
    folders: ["components/app/", "components/container/", "components/probe/", "components/steps/"],
  },
  {
    name: "switch",
    files: ["test/live/switch.test.ts"],
    folders: ["components/switch/", "components/container/", "images/haproxy/"],
  },
  { name: "kill", files: ["test/live/kill.test.ts"], folders: [...product, "test/live/"] },
  {
    name: "checklist",
    files: ["test/live/checklist.test.ts"],
    folders: [...product, "test/workloads/", "test/fixtures/"],
  },
  {
    name: "side-by-side",
    files: ["test/live/side-by-side.test.ts"],
    folders: ["components/edge/", "components/switch/", "infra/preflight/", "images/caddy/"],
  },
  { name: "own-system", files: ["test/live/own-system.test.ts"], folders: ["infra/systems/", "infra/config/", "ops/"] },
  {
    name: "aidis",
    files: ["checklist", "variables", "protocol", "public"]
      .map((name) => `test/live/aidis-${name}.test.ts`)
      .concat("test/live/aidis.test.ts"),
    folders: [...product, "test/workloads/aidis/", "test/live/aidis", "test/live/support/"],
  },
  {
    name: "tria",
    files: ["test/live/tria-app.test.ts", "test/live/tria.test.ts"],
    folders: [...product, "test/workloads/tria/", "test/doubles/openai"],
  },
  {
    name: "tmws-2.3",
    files: ["test/live/tmws-2.3-checklist.test.ts", "test/live/tmws-2.3.test.ts"],
    folders: [...product, "test/workloads/tmws", "test/live/support/"],
  },
  {
    name: "ollama",
    files: ["test/live/ollama.test.ts", "test/live/ollama-native.test.ts"],
    folders: ["components/ollama/", "components/steps/", "infra/preflight/", "images/ollama/"],
  },
  {
    name: "images",
    files: ["test/live/images.test.ts", "test/live/images-application.test.ts"],
    folders: ["images/", "infra/images/", "toolchain/"],
  },
];

/** Shards that a change touches; all of them when it is not known what changed. */
export function touchedShards(changed: readonly string[] | undefined): readonly Shard[] {
  if (changed === undefined) return shards;
  return shards.filter((shard) => shard.folders.some((folder) => changed.some((path) => path.startsWith(folder))));
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** The last line of every test command. */
export function closingLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}
