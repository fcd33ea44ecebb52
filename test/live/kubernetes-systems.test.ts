/** The systems of the guides in a real cluster: from nothing to healthy, no drift, destroyed. TMWS 2.4 is in kubernetes.test.ts. */
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PartName } from "../../infra/images/catalog.ts";
import { freePort } from "../../ops/free-port.ts";
import { reply } from "./support/aidis-ask.ts";
import { Cluster } from "./support/cluster.ts";
import { anthropicDouble, diligenceStack } from "./support/diligence.ts";
import { eventually } from "./support/host.ts";
import { ModelFiles } from "./support/ollama.ts";
import { expectNoChanges, expectSuccess } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";
import { tmws23Stack } from "./support/tmws-2.3.ts";
import { openaiDouble, triaStack } from "./support/tria.ts";

let cluster: Cluster;
let address: string;

beforeAll(async () => {
  cluster = await Cluster.up();
  const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  address = await cluster.kubectl("get", "nodes", "-o", path);
});

/** One system on its way through its life. */
interface Life {
  readonly stack: TestStack;
  readonly port: number;
  readonly here: (...args: readonly string[]) => Promise<string>;
}

interface Case {
  readonly name: string;
  /** As the application's image is called, and where its sources are. */
  readonly image: string;
  readonly context: string;
  readonly parts: readonly PartName[];
  /** A stack that was not started yet, and what ends with it. */
  readonly make: () => Promise<{ readonly stack: TestStack; readonly end?: () => Promise<void> }>;
  /** What its health says, once it answers. */
  readonly health: (life: Life) => Promise<unknown>;
  readonly healthy: unknown;
  /** How many pods of each workload. */
  readonly pods: Readonly<Record<string, number>>;
  readonly claims: readonly string[];
  /** Further options of slipway:kubernetes, and objects that the API server then has to have. */
  readonly more?: { readonly options: Readonly<Record<string, unknown>>; readonly objects: readonly string[] };
}

async function http({ port }: Life, path: string): Promise<unknown> {
  const answer = await fetch(`http://${address}:${port}${path}`, { signal: AbortSignal.timeout(10_000) });
  return answer.json();
}

/** One JSON line to the raw port, and the answer. */
async function line({ port }: Life, method: string): Promise<unknown> {
  const socket = connect(port, address);
  try {
    socket.write(`${JSON.stringify({ method })}\n`);
    for await (const text of createInterface({ input: socket })) {
      const said: unknown = JSON.parse(text);
      if (reply.safeParse(said).success) return said;
    }
    throw new Error("the connection ended without an answer");
  } finally {
    socket.destroy();
  }
}

const cases: readonly Case[] = [
  {
    name: "Tria",
    image: "tria",
    context: "test/workloads/tria",
    parts: ["redis", "postgres", "chroma", "prometheus", "curl"],
    async make() {
      const double = await openaiDouble();
      const stack = await triaStack(double);
      await stack.set(["slipway:app", "chroma"], true);
      return { stack, end: () => double.stop() };
    },
    health: (life) => http(life, "/api/v1/health/readiness"),
    healthy: expect.objectContaining({ overall_healthy: true }),
    pods: { backend: 2, postgres: 1, redis: 1, chroma: 1 },
    claims: ["backups", "chroma-data", "postgres-data", "redis-data"],
    // No controller answers it here: the API server's own validation does.
    more: {
      options: { ingressClass: "nginx", issuer: "letsencrypt" },
      objects: ["ingress/edge", "service/nobody", "networkpolicy/public-backend"],
    },
  },
  {
    name: "AIDIS",
    image: "aidis",
    context: "test/workloads/aidis",
    parts: ["postgres", "prometheus", "curl"],
    async make() {
      const stack = await TestStack.make();
      await stack.set(["slipway:system"], "aidis");
      await stack.set(["slipway:redis"], { enabled: false });
      await stack.set(["slipway:image", "build", "context"], "test/workloads/aidis");
      return { stack };
    },
    health: (life) => line(life, "ping"),
    healthy: expect.objectContaining({ ok: true }),
    pods: { mcp: 2, postgres: 1 },
    claims: ["backups", "postgres-data"],
  },
  {
    name: "TMWS 2.3.1",
    image: "tmws",
    context: "test/workloads/tmws-2.3",
    parts: ["ollama", "prometheus", "curl"],
    async make() {
      const files = await ModelFiles.make();
      const stack = await tmws23Stack(files);
      return { stack, end: () => files.remove() };
    },
    health: (life) => http(life, "/health"),
    healthy: expect.objectContaining({ version: "2.3.1" }),
    pods: { app: 1, ollama: 1 },
    claims: ["backups", "data", "ollama-data"],
  },
  {
    name: "Diligence",
    image: "diligence",
    context: "test/workloads/diligence",
    parts: ["redis", "postgres", "prometheus", "curl"],
    async make() {
      const double = await anthropicDouble();
      const stack = await diligenceStack(double, { database: "postgres", replicas: 2, workers: 1 });
      return { stack, end: () => double.stop() };
    },
    health: (life) => http(life, "/api/health"),
    healthy: expect.objectContaining({ status: "healthy" }),
    pods: { web: 2, worker: 1, beat: 1, postgres: 1, redis: 1 },
    claims: ["backups", "data", "output", "postgres-data", "redis-data"],
  },
];

describe.each(cases)("$name", ({ image, context, parts, make, health, healthy, pods, claims, more }) => {
  let life: Life;
  let end: (() => Promise<void>) | undefined;

  const namesOf = async (kind: string, ...more: readonly string[]) =>
    (await life.here("get", kind, ...more, "-o", "jsonpath={.items[*].metadata.name}")).split(" ").filter(Boolean);

  beforeAll(async () => {
    await cluster.bringParts(...parts);
    await cluster.bringApplication(image, context);
    const made = await make();
    const { stack } = made;
    end = made.end;
    const port = 30_000 + ((await freePort()) % 2_700);
    const here = (...args: readonly string[]) => cluster.kubectl("--namespace", `slipway-${stack.name}`, ...args);
    life = { stack, port, here };
    stack.variables = cluster.variables;
    await stack.set(["slipway:platform"], "kubernetes");
    await stack.set(["slipway:kubernetes"], { nodePort: port, volumeGb: 1, ...more?.options });
    // What pods ask for must fit a node of two cores, those of a rehearsal too.
    await stack.set(["slipway:resources"], { cpus: 0.4, memoryMb: 384 });
  });
  afterAll(async () => {
    await cluster.remove(life.stack);
    await end?.();
  });

  it("comes from nothing to healthy, every probe proved", async () => {
    expectSuccess(await life.stack.slipway("start"));
    const answer = await eventually("it answers", () => health(life).catch(() => undefined));
    expect(answer).toEqual(healthy);
    for (const [part, wanted] of Object.entries(pods))
      expect(await namesOf("pods", "-l", `slipway.part=${part}`), part).toHaveLength(wanted);
    expect(await namesOf("pvc")).toEqual(expect.arrayContaining([...claims]));
    for (const object of more?.objects ?? []) await life.here("get", object);
  });

  it("shows no change in a second preview", () => expectNoChanges(life.stack));

  it("is destroyed but for its namespace with the data", async () => {
    expectSuccess(await life.stack.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview"));
    expect(await namesOf("deployments,statefulsets,pods,services,secrets")).toEqual([]);
    expect(await namesOf("pvc")).toEqual(expect.arrayContaining([...claims]));
  });
});
