import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import type { RolloutInputs } from "../../../components/rollout/spec.ts";
import { useClock } from "../../doubles/clock.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import {
  brokenMigration,
  type Mode,
  newImage,
  newStack,
  oldImage,
  overlapInputs,
  type Replicas,
  rolloutInputs,
  uncheckedImage,
  unhealthyImage,
  wrongImage,
} from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

/** One `up` of a random life: what is wanted, and before which of its calls its process is killed, as often as there are numbers. */
interface Wish extends Replicas {
  readonly image: string;
  readonly secret: string;
  /** How older code goes back: on the schema as it is, or by the newer image's downgrade. */
  readonly back: "code" | "schema";
  readonly kills: readonly number[];
}

const broken = [unhealthyImage, wrongImage, uncheckedImage, brokenMigration];

const wish: fc.Arbitrary<Wish> = fc.record({
  image: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(oldImage, newImage, "sha256:third") },
    { weight: 1, arbitrary: fc.constantFrom(...broken) },
  ),
  secret: fc.constantFrom("the-secret-value", "another-secret-value"),
  back: fc.constantFrom("code", "schema"),
  web: fc.integer({ min: 1, max: 3 }),
  workers: fc.integer({ min: 0, max: 2 }),
  scheduler: fc.integer({ min: 0, max: 1 }),
  kills: fc.array(fc.nat(90), { maxLength: 2 }),
});

function inputsOf(host: MemoryHost, mode: Mode, { image, secret, back, web, workers, scheduler }: Wish): RolloutInputs {
  const revision = image === oldImage ? "a" : "b";
  // Only an image that knows the newer revision can take the schema back.
  const newer = host.journal()?.serving?.image ?? oldImage;
  const way = newer === oldImage ? "code" : back;
  const more = { back: way, reads: image === oldImage ? ["b"] : [] } as const;
  const replicas = { web, workers, scheduler };
  const whole = overlapInputs(image, revision, { ...replicas, ...more, secretEnv: { app: { KEY: secret } } });
  if (mode === "overlap") return whole;
  const { data, dataSecrets, schema } = rolloutInputs(image, revision);
  return { ...whole, mode, data, dataSecrets, schema };
}

/** Killed as often as wished, then once in peace. Answers whether the wanted release serves. */
async function up(host: MemoryHost, mode: Mode, wanted: Wish): Promise<boolean> {
  for (const kill of wanted.kills) {
    host.endBefore(kill);
    await rollOut(host, inputsOf(host, mode, wanted)).catch(() => undefined);
    host.nextProcess();
  }
  return rollOut(host, inputsOf(host, mode, wanted)).then(
    () => true,
    () => false,
  );
}

/** What must hold whenever no step is at work, whatever happened before. */
function assertSound(host: MemoryHost): void {
  const journal = host.journal();
  expect(host.problems).toEqual([]);
  expect(host.lostWrites()).toEqual([]);
  expect(journal?.open).toBeUndefined();
  expect(host.roles().filter((role) => role !== "workload")).toEqual([]);
  const serving = journal?.serving?.replicas.map(({ id }) => id) ?? [];
  expect(new Set(host.running().map(({ id }) => id))).toEqual(new Set(serving));
  for (const box of host.running()) {
    expect([box.restart, host.works(box)]).toEqual(["unless-stopped", true]);
  }
  const routed = journal?.serving?.traffic["app-8000"] ?? [];
  expect(new Set(host.switch.open("app-8000"))).toEqual(new Set(routed));
  expect(routed).toHaveLength(host.running().filter(({ aliases }) => aliases.includes("app")).length);
  const known = new Set(
    [journal?.serving, journal?.previous].flatMap((each) => each?.replicas ?? []).map(({ id }) => id),
  );
  expect(host.workloads().filter(({ id }) => !known.has(id))).toEqual([]);
  for (const box of host.workloads()) if (box.state !== "running") expect(box.restart).toBe("no");
}

function assertServes(host: MemoryHost, { image, secret, web, workers, scheduler }: Wish): void {
  const count = (part: string) => host.running().filter((box) => box.labels["slipway.part"] === part).length;
  expect(new Set(host.running().map((box) => box.spec.image))).toEqual(new Set([image]));
  expect([count("app"), count("worker"), count("scheduler")]).toEqual([web, workers, scheduler]);
  for (const box of host.running()) {
    if (box.aliases.includes("app")) expect(box.spec.env["KEY"]).toBe(secret);
  }
}

/** Whether such a release can serve: a migration that fails does no harm where there is nothing to migrate. */
function isGood(host: MemoryHost, { image, workers, scheduler }: Wish): boolean {
  if (image === brokenMigration) return host.data.revision === "b";
  if (image === uncheckedImage) return workers + scheduler === 0;
  return image !== unhealthyImage && image !== wrongImage;
}

test.each<[Mode, number]>([
  ["overlap", 70],
  ["stop-first", 70],
])(
  "%s: after any releases, good and bad, killed anywhere: one release serves as wanted, whole, routed, with every acknowledged write",
  { timeout: 120_000 },
  async (mode, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 5 }), async (wishes) => {
        const { host } = newStack(mode);
        host.product.sets.set("20260101T000000Z-backup-point", { revision: undefined, writes: [] });
        for (const each of wishes) {
          const good = isGood(host, each);
          const before = host.journal()?.serving;
          const served = await up(host, mode, each);
          assertSound(host);
          expect(served).toBe(good);
          if (good) assertServes(host, each);
          else expect(host.journal()?.serving?.id).toBe(before?.id);
        }
      }),
      // A failure prints its seed and path; more runs by hand: FC_RUNS=2000.
      { numRuns: Number(process.env["FC_RUNS"] ?? numRuns) },
    );
  },
);
