import { describe, expect, test } from "vitest";
import step from "../../../components/rollout/cluster.step.ts";
import { type ClusterRollout, provedOrBack, rollOut } from "../../../components/rollout/cluster.ts";
import { bakedOrBack } from "../../../components/rollout/cluster-bake.ts";
import type { Alarms, Raised } from "../../../components/steps/alarms.ts";
import type { Deployed } from "../../../components/steps/deployments.ts";
import { MemoryDeployments } from "../../doubles/memory-deployments.ts";

const wish = (web: string): ClusterRollout => ({
  place: { stack: "blue", system: "orders" },
  releases: { web },
  image: `orders:${web}`,
  revision: "0002_note",
  reads: [],
  seconds: 60,
});
const began = Date.parse("2026-01-01T10:00:00Z");
const bake = { seconds: 60, alarms: ["slipway-blue-ErrorRateHigh-balancer"] };

/** Services of ECS: whose newest set says when it began. */
class Services extends MemoryDeployments {
  dead: string | undefined;
  override async list(): Promise<readonly Deployed[]> {
    const newest = { began: new Date(began).toISOString(), through: true };
    return (await super.list()).map((each) => ({
      ...each,
      newest,
      ...(each.release === this.dead && { pods: { ...each.pods, updated: 2, available: 2 } }),
    }));
  }
}

/** A stack that serves `a`, and to which `b` has come. */
async function rolled(): Promise<Services> {
  const services = new Services();
  services.apply("web", "a");
  await rollOut(services, wish("a"), 0);
  await provedOrBack(services, wish("a"), async () => "proved", 0);
  services.apply("web", "b");
  await rollOut(services, wish("b"), 0);
  return services;
}

const clockOf = () => {
  let now = 0;
  const clock = {
    now: () => now,
    async pause(ms: number) {
      now += ms;
    },
  };
  return clock;
};

/** Answers a look after the other; the last for good. */
class Looks implements Alarms {
  count = 0;
  readonly #answers: readonly (readonly Raised[] | Error)[];
  constructor(...answers: readonly (readonly Raised[] | Error)[]) {
    this.#answers = answers;
  }
  async raised(names: readonly string[]): Promise<readonly Raised[]> {
    expect(names).toEqual(bake.alarms);
    const answer = this.#answers[Math.min(this.count, this.#answers.length - 1)] ?? [];
    this.count += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  }
}

const alarm = (since: number): Raised => ({ name: bake.alarms[0] ?? "", since, why: "Threshold Crossed: 0.02" });
const baked = (services: Services, alarms: Alarms, release = "b", seconds = bake.seconds) =>
  bakedOrBack(services, alarms, wish(release), { ...bake, seconds }, clockOf(), 0);

describe("the bake time of services that CloudWatch watches", () => {
  test("without an alarm: watched to its end, and it stays", async () => {
    const services = await rolled();
    const alarms = new Looks([]);
    await baked(services, alarms);
    expect(alarms.count).toBe(5);
    expect(services.template("web")).toBe("b");
  });

  test("an alarm that is raised meanwhile: the release before serves, and the failure says why", async () => {
    const services = await rolled();
    await expect(baked(services, new Looks([], [alarm(began + 1)]))).rejects.toThrow(
      "in its bake time of 60 s: slipway-blue-ErrorRateHigh-balancer is in alarm: Threshold Crossed: 0.02\nUndone: the release before serves (web a).",
    );
    expect(services.template("web")).toBe("a");
  });

  test("an alarm from while it came counts too; one from before it is not its doing", async () => {
    await expect(baked(await rolled(), new Looks([alarm(began)]))).rejects.toThrow("is in alarm");
    const services = await rolled();
    await baked(services, new Looks([alarm(began - 1)]));
    expect(services.template("web")).toBe("b");
  });

  test("an alarm in the last look of all counts", async () => {
    await expect(baked(await rolled(), new Looks([], [], [], [], [alarm(began + 60_000)]))).rejects.toThrow("Undone");
  });

  test("tasks that end and are not back at the next look", async () => {
    const services = await rolled();
    services.dead = "b";
    await expect(baked(services, new Looks([]))).rejects.toThrow("in its bake time of 60 s: web: 2 of 3 run\nUndone");
  });

  test("alarms that cannot be asked undo nothing, and prove nothing; one that is silent for a while is asked again", async () => {
    const services = await rolled();
    await expect(baked(services, new Looks(new Error("AccessDenied")))).rejects.toThrow(
      "the release serves, and could not be watched: CloudWatch's alarms were not to be had (AccessDenied)\n  mend: a right to cloudwatch:DescribeAlarms",
    );
    expect(services.template("web")).toBe("b");
    await baked(services, new Looks(new Error("Throttling"), []));
  });

  test("is none for the first release, for one that was proved, and where config says so", async () => {
    const bad = new Looks([alarm(began + 1)]);
    const first = new Services();
    first.apply("web", "a");
    await rollOut(first, wish("a"), 0);
    await baked(first, bad, "a");
    const services = await rolled();
    await baked(services, bad, "b", 0);
    await provedOrBack(services, wish("b"), async () => "proved", 0);
    await baked(services, bad);
    expect(bad.count).toBe(0);
  });

  test("a longer one is no release", () => {
    const inputs = { ...wish("b"), host: "ecs://x", generations: {}, hidden: [], bake };
    expect(step.changed(inputs, { ...inputs, bake: { ...bake, seconds: 300 } })).toEqual([]);
    expect(step.changed(inputs, { ...inputs, releases: { web: "c" } })).toEqual(["releases"]);
  });
});
