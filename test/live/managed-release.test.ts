/**
 * A release where AWS runs the parts, by the steps that `up` runs, against moto, which stands for ECS and CloudWatch and says so; steps' tasks are a
 * double's. Staging's proof of it, and what production makes of that. That AWS answers so is not shown.
 */
import { randomBytes } from "node:crypto";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { ECS } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { label, labelsFor } from "../../components/container/spec.ts";
import { fargateAddress } from "../../components/fargate/address.ts";
import proofStep from "../../components/proof/cluster.step.ts";
import { type ProofInputs, readProof, type SignedProof } from "../../components/proof/spec.ts";
import rolloutStep from "../../components/rollout/cluster.step.ts";
import { workloadLabels } from "../../components/rollout/cluster.ts";
import smokeTestStep from "../../components/smoke-test/cluster.step.ts";
import { fargateDeployments } from "../../components/steps/fargate-deployments.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { observeServices } from "../../infra/preflight/services.ts";
import { fingerprintOf } from "../../infra/release/fingerprint.ts";
import { refusalsOf } from "../../infra/release/gate.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { FargateApi } from "../doubles/fargate-api.ts";
import { region } from "../fixtures/aws.ts";
import { managedSettings } from "../fixtures/managed.ts";
import { digest, keys, receiver } from "../fixtures/proof.ts";
import { secure } from "../unit/config-fixture.ts";
import { Moto } from "./support/moto.ts";

const stack = `t${randomBytes(3).toString("hex")}`;
const place = { stack, system: "tria" };
const cluster = `slipway-${stack}`;
const image = `123456789012.dkr.ecr.${region}.amazonaws.com/slipway/staging@${digest}`;
const host = fargateAddress({
  ...{ region, cluster, subnets: ["subnet-0123456789abcdef0"], group: "sg-0123456789abcdef0", database: cluster },
  ...{ role: "arn:aws:iam::123456789012:role/tasks", logs: `/slipway/${stack}/tasks`, helper: image },
});
const openaiApiKey = secure("sk-proj-0123456789abcdefABCDEF");
const alarm = `${cluster}-ErrorRateCritical-balancer`;

let moto: Moto;
let api: FargateApi;
let ecs: ECS;
let watch: CloudWatch;

beforeAll(async () => {
  vi.stubEnv("MOTO_ECS_SERVICE_RUNNING", "2");
  moto = await Moto.start();
  api = await FargateApi.start(moto.url());
  for (const [name, value] of Object.entries({ ...moto.everything, ...api.own })) vi.stubEnv(name, value);
  ecs = new ECS({ region, endpoint: moto.url() });
  watch = new CloudWatch({ region });
  await ecs.createCluster({ clusterName: cluster });
  for (const release of ["one", "two", "three"]) await register(release);
  await ecs.createService({
    ...{
      cluster,
      serviceName: "backend",
      taskDefinition: `${cluster}-backend:1`,
      desiredCount: 2,
      launchType: "FARGATE",
    },
    tags: Object.entries(labelsFor(place, "backend", "workload")).map(([key, value]) => ({ key, value })),
  });
  await watch.putMetricAlarm({
    ...{ AlarmName: alarm, Namespace: "AWS/ApplicationELB", MetricName: "m", Period: 60, Statistic: "Sum" },
    ...{ EvaluationPeriods: 1, ComparisonOperator: "GreaterThanThreshold", Threshold: 1 },
  });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await api?.stop();
  await moto?.stop();
});

const register = (release: string) =>
  ecs.registerTaskDefinition({
    family: `${cluster}-backend`,
    containerDefinitions: [{ name: "backend", image, memory: 512, dockerLabels: { [label.release]: release } }],
  });
/** What Pulumi does before the steps: the service gets the definition. */
const apply = (revision: number) =>
  ecs.updateService({ cluster, service: "backend", taskDefinition: `${cluster}-backend:${revision}` });
const serving = async () => (await fargateDeployments(host, 0).list(workloadLabels(place)))[0];

const wish = (release: string) => ({
  ...{ place, image, revision: "0002_intent", reads: [], seconds: 20, hidden: [] },
  releases: { backend: release },
});
const rolledOut = (release: string) =>
  rolloutStep.reconcile({
    ...{ ...wish(release), host, generations: {} },
    bake: { seconds: 1, alarms: [alarm] },
  });
const proved = (release: string, asks = true) =>
  smokeTestStep.reconcile({
    ...{ host, place, release: `backend-${release}`, rollout: wish(release), tokens: {}, dataSecrets: {} },
    ...{
      probeImage: image,
      readySeconds: 1,
      network: { target: { base: "http://x", options: [] }, from: "n", mounts: [] },
    },
    probes: [
      {
        ...{ kind: "command", name: "suite", via: "network", workload: "backend", timeoutSeconds: 10 },
        argv: [asks ? "true" : "false"],
      },
    ],
    commands: {
      backend: {
        ...{ image, user: "1000:1000", env: {}, secrets: {}, mounts: [], networks: [], memoryMb: 128 },
        at: { host: "backend", port: 8003 },
      },
    },
  });

describe("a release", () => {
  it("that comes up and is proved is noted on its services", async () => {
    expect(await rolledOut("one")).toEqual({ release: "backend-one" });
    expect(await proved("one")).toMatchObject({ proved: ["suite"], provedRelease: "backend-one" });
    expect(JSON.parse((await serving())?.served ?? "{}")).toMatchObject({
      release: "one",
      image,
      revision: "0002_intent",
    });
  });

  it("that raises an alarm in its bake time goes back to the one that was proved", async () => {
    await apply(2);
    await watch.setAlarmState({ AlarmName: alarm, StateValue: "ALARM", StateReason: "5 % of answers are errors" });
    const failed = rolledOut("two");
    await expect(failed).rejects.toThrow(`in its bake time of 1 s: ${alarm} is in alarm: 5 % of answers are errors`);
    await expect(failed).rejects.toThrow("Undone: the release before serves (backend one)");
    expect((await serving())?.release).toBe("one");
    await watch.setAlarmState({ AlarmName: alarm, StateValue: "OK", StateReason: "over" });
  });

  it("that fails its smoke test goes back too, and what was noted stays", async () => {
    await apply(2);
    expect(await rolledOut("two")).toEqual({ release: "backend-two" });
    await expect(proved("two", false)).rejects.toThrow(
      /probe "suite".*exited with 1[\s\S]*Undone: the release before serves/,
    );
    expect(await serving()).toMatchObject({ release: "one", served: expect.stringContaining('"release":"one"') });
  });

  it("whose alarms nobody tells is not proved, and stays", async () => {
    await apply(3);
    vi.stubEnv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:1");
    await expect(rolledOut("three")).rejects.toThrow("could not be watched");
    vi.stubEnv("AWS_ENDPOINT_URL_CLOUDWATCH", moto.url());
    expect((await serving())?.release).toBe("three");
    await apply(1);
  });
});

const settingsOf = (more = {}): Settings => ({ ...managedSettings("tria", {}, more), stack });

describe("a promotion", () => {
  const staging: Settings = { ...settingsOf(), environment: "staging" };
  const system = systemOf(staging);
  const parts = { postgres: `docker.io/library/postgres:17@${digest}` };
  const inputs = (release = "backend-one"): ProofInputs => ({
    ...{ ...keys, host, place, release, parts, version: system.version, user: "1000:1000", file: "", renew: "" },
    image: { name: image, id: image, digest, commit: "0a1b2c3d" },
    fingerprint: fingerprintOf(staging, system),
    schema: { ...system.schema, history: ["printf", "0001_start -> 0002_intent (head)\n<base> -> 0001_start\n"] },
    probes: system.probes.map(({ name }) => name),
    ...{ reports: {}, secrets: { openaiApiKey: "sk-of-staging" } },
    signOffs: { suites: "0a1b2c3", review: "0a1b2c3", rollbackPlan: "0a1b2c3" },
  });
  let signed: SignedProof;

  it("begins with a signed proof of what the services say was proved, with the image's own revisions, and of nothing else", async () => {
    const { proof } = await proofStep.reconcile(inputs());
    const read = readProof(JSON.parse(JSON.stringify(proof)));
    if ("none" in read) throw new Error(read.none);
    signed = read;
    expect(signed.proof).toMatchObject({ stack, release: "backend-one", image: { name: image, digest } });
    expect(signed.proof.schema).toEqual({ revision: "0002_intent", history: ["0001_start", "0002_intent"] });
    expect(JSON.stringify(signed)).not.toContain("sk-of-staging");
    await expect(proofStep.reconcile(inputs("backend-two"))).rejects.toThrow("release backend-one serves");
  });

  it("is taken by a production of this shape, before its first release and beside what serves; not with another config", async () => {
    const own = { parts: { postgres: "docker.io/library/postgres:17" } };
    const soaked = { soakMinutes: 0, window: undefined };
    const refused = (revision: string | undefined, settings: Settings) =>
      refusalsOf(signed, receiver({ ...own, revision }, soaked, settings), new Date()).map(({ what }) => what);
    const production: Settings = { ...settingsOf(), stack: "production", tier: "large" };
    expect(await observeServices(region, "nobody")).toEqual({});
    expect(refused(undefined, production)).toEqual([]);
    const { revision } = await observeServices(region, stack);
    expect(revision).toBe("0002_intent");
    expect(refused(revision, production)).toEqual([]);
    const other: Settings = { ...settingsOf({ app: { openaiApiKey, openaiModel: "gpt-4o" } }), stack: "production" };
    expect(refused(revision, other)).toEqual([expect.stringContaining('app.openaiModel is "gpt-4o" here')]);
  });
});
