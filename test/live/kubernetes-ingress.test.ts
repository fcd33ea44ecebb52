/**
 * How users come into a cluster: through a real ingress controller (Traefik), with a certificate that a real cert-manager got from a real ACME
 * server (pebble) for the Secret that the Ingress names. What is private leads nowhere, raw TCP stays inside, a release under load fails nothing.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { LoadProcess } from "../bench/release/load-process.ts";
import { load } from "../bench/release/scenario.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/host.ts";
import { WayIn } from "./support/ingress.ts";
import { hidden } from "./support/orders-private.system.ts";
import { Pebble } from "./support/pebble.ts";
import { expectNoChanges, expectSuccess } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

const product = "test/workloads/orders";

let cluster: Cluster;
let stack: TestStack;
let way: WayIn;
let pebble: Pebble;
let folder: string;

const here = (...args: readonly string[]) => cluster.kubectl("--namespace", `slipway-${stack.name}`, ...args);

async function wanted(version: string): Promise<void> {
  await cluster.bringApplication("orders", product, { VERSION: version });
  await stack.set(["slipway:image", "build", "args"], { VERSION: version });
  await stack.set(["slipway:app", "version"], version);
}

interface Reply {
  readonly status: number;
  readonly body: string;
  /** Of who signed the certificate. */
  readonly issuer: string;
}

/** As a user, who trusts the authority of the ACME server alone. */
function ask(path: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const place = { host: "127.0.0.1", port: way.https, servername: stack.domain, ca: pebble.roots, agent: false };
    const call = request({ ...place, path, headers: { host: stack.domain }, timeout: 10_000 }, (response) => {
      const { issuer } = (response.socket as TLSSocket).getPeerCertificate();
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject).on("end", () => {
        resolve({ status: response.statusCode ?? 0, body, issuer: String(issuer.CN) });
      });
    });
    call.on("timeout", () => call.destroy(new Error("no answer within 10 s")));
    call.on("error", reject).end();
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-ingress-test-"));
  cluster = await Cluster.up();
  await cluster.bringParts("postgres", "curl");
  stack = await TestStack.orders("./test/live/support/orders-private.system.ts");
  stack.variables = cluster.variables;
  way = await WayIn.open(cluster, `ingress-${stack.name}`);
  pebble = await Pebble.start({ httpPort: way.http, httpsPort: way.https, seconds: 86_400 });
  await way.certify(pebble.directory);
  await stack.set(["slipway:platform"], "kubernetes");
  await stack.set(["slipway:kubernetes"], { ingressClass: way.name, issuer: way.name, volumeGb: 1 });
  // What pods ask for must fit a node of two cores, those of a rehearsal too.
  await stack.set(["slipway:resources"], { cpus: 0.4, memoryMb: 256 });
  await stack.set(["slipway:prometheus", "enabled"], false);
  await wanted("1.0.0");
  expectSuccess(await stack.slipway("start"));
});
afterAll(async () => {
  await cluster.remove(stack);
  await way.close();
  await pebble.stop();
  await rm(folder, { recursive: true });
});

describe("users", () => {
  it("come in by https, with a certificate that cert-manager got for the Secret of the Ingress", async () => {
    const reply = await eventually("the Ingress answers with its certificate", () => ask("/version")).catch((error) => {
      throw new Error(`${error}\n${way.said}`);
    });
    expect(reply).toMatchObject({ status: 200, issuer: expect.stringContaining("Pebble") });
    expect(JSON.parse(reply.body)).toMatchObject({ version: "1.0.0" });
    expect(await here("get", "secret", "edge-tls", "-o", "jsonpath={.type}")).toBe("kubernetes.io/tls");
    expect(pebble.orders).toBe(1);
  });

  it("do not reach what is private: the product answers it in the namespace, and through the Ingress nothing does", async () => {
    const address = await here("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    expect((await fetch(`http://${address}:8000${hidden}`)).status).toBe(200);
    for (const path of [hidden, `${hidden}/`, `${hidden}/more`, `${hidden}?a=b`])
      expect(await ask(path), path).toMatchObject({ status: 502, body: "Bad Gateway" });
  });

  it("reach no raw TCP: no Service is more than the cluster's own, and the Ingress leads to the route's port alone", async () => {
    const services = z
      .object({
        items: z.array(
          z.object({
            metadata: z.object({ name: z.string() }),
            spec: z.object({ type: z.string(), ports: z.array(z.object({ nodePort: z.number().optional() })) }),
          }),
        ),
      })
      .parse(JSON.parse(await here("get", "services", "-o", "json"))).items;
    expect(services.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(["web", "postgres"]));
    for (const { metadata, spec } of services) {
      expect(spec.type, metadata.name).toBe("ClusterIP");
      expect(spec.ports.filter(({ nodePort }) => nodePort !== undefined)).toEqual([]);
    }
    const ports = "jsonpath={.spec.rules[*].http.paths[*].backend.service.port.number}";
    expect(await here("get", "ingress", "edge", "-o", ports)).toBe("80 8000");
  });

  it("are what a second preview changes nothing for", () => expectNoChanges(stack));
});

describe("a release under load through the Ingress", () => {
  it("fails no request and no stream, and loses no write", async () => {
    const caFile = join(folder, "ca.pem");
    const acknowledgedFile = join(folder, "acknowledged");
    const keyPrefix = `load-${randomBytes(3).toString("hex")}-`;
    await writeFile(caFile, pebble.roots);
    await wanted("1.0.1");
    const running = LoadProcess.start(
      {
        ...load,
        // Of the bench's 305: two cores carry the cluster, the controllers and the load.
        requestsPerSecond: 60,
        streams: { ...load.streams, count: 5 },
        port: way.https,
        host: stack.domain,
        caFile,
        acknowledgedFile,
        keyPrefix,
        protocol: {
          transport: "https",
          get: { path: "/version" },
          post: { path: "/orders", body: '{"key":"$key","item":"bolt","quantity":1}' },
          stream: { path: "/stream", by: "websocket" },
        },
      },
      undefined,
      () => undefined,
    );
    try {
      await running.seconds(3);
      running.mark("release");
      expectSuccess(await stack.slipway("start"));
      await running.seconds(4);
      const { windows, failures } = await running.stop();
      const release = windows.find(({ name }) => name === "release");
      console.log(`  ${release?.requests} requests in ${release?.seconds} s, ${release?.failed} failed`);
      expect(failures, way.said).toEqual([]);
      expect(Object.keys(release?.versions ?? {}).sort()).toEqual(["1.0.0", "1.0.1"]);
    } finally {
      running.kill();
    }
    const question = `SELECT key FROM orders WHERE key LIKE '${keyPrefix}%'`;
    const rows = (await here("exec", "postgres-0", "--", "psql", "-XqAt", "-d", "orders", "-c", question)).split("\n");
    const acknowledged = (await readFile(acknowledgedFile, "utf8")).split("\n").filter((line) => line !== "");
    expect(rows).toEqual(expect.arrayContaining(acknowledged));
    expect(rows).toHaveLength(new Set(rows).size);
  });
});
