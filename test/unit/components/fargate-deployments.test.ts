import type { Service, TaskDefinition } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { label } from "../../../components/container/spec.ts";
import { writtenNote } from "../../../components/fargate/note.ts";
import { rollOut, stateOf } from "../../../components/rollout/cluster.ts";
import type { Deployed, Deployments } from "../../../components/steps/deployments.ts";
import { deployedOf } from "../../../components/steps/fargate-deployments.ts";
import { wordsOf } from "../../../components/steps/fargate-runner.ts";

const arn = (revision: number) => `arn:aws:ecs:x:1:task-definition/slipway-blue-web:${revision}`;
const revision = (number: number, release: string): TaskDefinition => ({
  taskDefinitionArn: arn(number),
  containerDefinitions: [{ name: "web", dockerLabels: { [label.release]: release } }, { name: "prepare" }],
});
const revisions = [revision(2, "new"), revision(1, "old")];
const primary = (number: number, rolloutState: "COMPLETED" | "IN_PROGRESS" | "FAILED", running: number) => ({
  status: "PRIMARY",
  taskDefinition: arn(number),
  rolloutState,
  runningCount: running,
  pendingCount: 0,
});
const service = (own: Partial<Service>): Service => {
  return { serviceName: "web", taskDefinition: arn(2), desiredCount: 2, status: "ACTIVE", ...own };
};

describe("a service of ECS", () => {
  test("that is rolled out is ready, and has its releases", () => {
    const { written } = writtenNote('{"release":"old"}', []);
    const found = deployedOf(service({ deployments: [primary(2, "COMPLETED", 2)], tags: written }), revisions);
    expect(found).toEqual({
      name: "web",
      release: "new",
      seen: true,
      pods: { wanted: 2, all: 2, updated: 2, available: 2 },
      sets: [
        { name: "slipway-blue-web:2", release: "new" },
        { name: "slipway-blue-web:1", release: "old" },
      ],
      served: '{"release":"old"}',
    });
    expect(stateOf(found)).toBe("ready");
  });

  test("that comes up is coming, also when all of its tasks run: the balancer has not asked them yet", () => {
    const before = { status: "ACTIVE", taskDefinition: arn(1), runningCount: 2, pendingCount: 0 };
    const found = deployedOf(service({ deployments: [primary(2, "IN_PROGRESS", 2), before] }), revisions);
    expect(found.pods).toEqual({ wanted: 2, all: 4, updated: 2, available: 0 });
    expect(stateOf(found)).toBe("coming");
  });

  test("whose deployment failed is late, in ECS' own words", () => {
    const failed = { ...primary(2, "FAILED", 0), rolloutStateReason: "tasks failed to start" };
    const found = deployedOf(service({ deployments: [failed] }), revisions);
    expect(found.late).toBe('"slipway-blue-web:2": tasks failed to start');
    expect(stateOf(found)).toBe("late");
  });

  test("whose update ECS has not seen yet is coming", () => {
    const found = deployedOf(service({ deployments: [primary(1, "COMPLETED", 2)] }), revisions);
    expect(found.seen).toBe(false);
    expect(stateOf(found)).toBe("coming");
  });
});

/** Stands for a service that ECS' circuit breaker sets back by itself: at the second look it is at the release before. */
class Breaking implements Deployments {
  looks = 0;
  readonly told: string[] = [];
  async list(): Promise<readonly Deployed[]> {
    this.looks += 1;
    const at = this.looks > 2 ? 1 : 2;
    const state = at === 1 ? "COMPLETED" : "IN_PROGRESS";
    const deployments = [primary(at, state, at === 1 ? 2 : 0)];
    return [deployedOf(service({ taskDefinition: arn(at), deployments }), revisions)];
  }
  async setBack(): Promise<void> {
    throw new Error("ECS has done it");
  }
  async note(): Promise<void> {
    throw new Error("nothing was proved");
  }
  async words(set: string): Promise<string> {
    this.told.push(set);
    return "task 1: exited with 1";
  }
}

test("a release that ECS sets back has failed, and its own tasks tell why", async () => {
  const breaking = new Breaking();
  const wish = {
    place: { stack: "blue", system: "x" },
    releases: { web: "new" },
    image: "i",
    revision: "r",
    reads: [],
    seconds: 60,
  };
  await expect(rollOut(breaking, wish, 0)).rejects.toThrow(
    "web: release new did not get ready, 2 of 2 pods are its own:\ntask 1: exited with 1",
  );
  expect(breaking.told).toEqual(["slipway-blue-web:2"]);
});

test("what ECS says of a task that ended", () => {
  const containers = [
    { name: "web", exitCode: 137, reason: "OutOfMemoryError" },
    { name: "prepare", exitCode: 0 },
  ];
  expect(wordsOf({ stoppedReason: "Essential container in task exited", containers })).toBe(
    "Essential container in task exited; web: OutOfMemoryError",
  );
  expect(wordsOf({ containers: [{ name: "web", exitCode: 1 }] })).toBe("no reason was given; web exited with 1");
});
