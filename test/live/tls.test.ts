import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Issued, issueAuthority, issueCertificate } from "../../components/certificate/issue.ts";
import { authorityStatement, certificateStatement } from "../../components/certificate/spec.ts";
import { label } from "../../components/container/spec.ts";
import { rootOf } from "./support/by-name.ts";
import { engine, eventually, Outside } from "./support/host.ts";
import { run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";
import { Asker, ask, type Door, shown } from "./support/tls.ts";

const slowSeconds = 3;
const perMinute = 600;

let stack: TestStack;
let outside: Outside;
let started: string;
let door: Door;

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  await stack.set(["slipway:edge", "limits"], { bodyMb: 1, slowSeconds, requestsPerMinute: perMinute });
  const up = await stack.slipway("start");
  if (up.code !== 0) throw new Error(up.output);
  started = up.stdout;
  door = { port: stack.port, name: stack.domain, ca: await rootOf(stack.name) };
});
afterAll(async () => {
  await stack.destroy();
});

it("the command that npm start names makes curl trust the edge's own CA, and without it curl does not", async () => {
  const command = /trust its certificate +(docker cp \S+ \S+)/.exec(started)?.[1] ?? "";
  const folder = await mkdtemp(join(tmpdir(), "slipway-trust-"));
  try {
    const url = `https://${door.name}:${door.port}/health`;
    const curl = (trust: string) =>
      `curl --silent --show-error --resolve ${door.name}:${door.port}:127.0.0.1 ${trust} ${url}`;
    const file = command.split(" ").at(-1);
    const trusted = await run("sh", ["-c", `cd ${folder} && ${command} >&2 && ${curl(`--cacert ${file}`)}`]);
    expect(trusted.code, trusted.output).toBe(0);
    expect(trusted.stdout).toContain('"healthy"');
    const bare = await run("sh", ["-c", curl("")]);
    expect(bare.code).toBe(60);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("what clients send", () => {
  it("as X-Forwarded-For is not what the app sees: it sees their address", async () => {
    const mark = randomBytes(6).toString("hex");
    const headers = { "x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9", forwarded: "for=203.0.113.9" };
    await ask(door, `/api/v1/${mark}`, { method: "POST", body: "{}", headers, localAddress: "127.0.0.7" });
    const line = await eventually("the app's audit line", async () => {
      const [app] = await outside.running("app");
      const log = await engine.getContainer(app?.Id ?? "").logs({ stdout: true, stderr: true, tail: 200 });
      return log
        .toString("utf8")
        .split("\n")
        .find((each) => each.includes(mark) && each.includes('"audit"'));
    });
    expect(line).toContain('"client": "127.0.0.7"');
    expect(line).not.toContain("203.0.113.9");
  });

  const json = { "content-type": "application/json" };

  it("beyond the largest body is answered 413, said or not said beforehand", async () => {
    const body = Buffer.alloc(1024 * 1024 + 1, 32);
    const post = (some: Buffer, headers: Readonly<Record<string, string>> = {}) =>
      ask(door, "/api/v1/license/activate", { method: "POST", body: some, headers: { ...headers, ...json } });
    const chunked = { "transfer-encoding": "chunked" };
    expect((await post(body.subarray(1))).status).toBe(422);
    expect((await post(body)).status).toBe(413);
    expect((await post(body.subarray(1), chunked)).status).toBe(422);
    expect((await post(body, chunked)).status).toBe(413);
  });

  it("beyond the largest header is answered 431", async () => {
    const header = (kib: number) => ({ "x-long": "x".repeat(kib * 1024) });
    expect(await ask(door, "/health", { headers: header(8) })).toMatchObject({ status: 200 });
    expect(await ask(door, "/health", { headers: header(40) })).toMatchObject({ status: 431 });
  });

  it("gets OWASP's headers with every answer, the app's own where it has them", async () => {
    const { headers } = await ask(door, "/health");
    expect(headers).toMatchObject({
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
  });
});

/** Sends a piece each half second until the other side ends it; answers after how many seconds, and what it had said. */
function drip(first: string, piece: string): Promise<{ readonly seconds: number; readonly said: string }> {
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: door.port, servername: door.name, ca: door.ca }, () => {
      socket.write(first);
      timer = setInterval(() => socket.write(piece), 500);
    });
    let said = "";
    let timer: NodeJS.Timeout | undefined;
    socket.on("data", (data) => {
      said += data.toString("latin1");
      // An answer is an end as well: what else is sent is nobody's.
      socket.end();
    });
    const ended = () => {
      clearInterval(timer);
      resolve({ seconds: (performance.now() - began) / 1000, said });
    };
    // A reset is an end as well: a piece was under way.
    socket.on("error", ended).on("close", ended);
  });
}

describe("slow clients", () => {
  const limits = (seconds: number) => {
    expect(seconds).toBeGreaterThan(slowSeconds - 1);
    expect(seconds).toBeLessThan(slowSeconds + 20);
  };

  it("who drips a header is disconnected, 200 of them at once, while others are served", async () => {
    const many = Array.from({ length: 200 }, () =>
      drip(`GET /health HTTP/1.1\r\nHost: ${door.name}\r\n`, "X-a: b\r\n"),
    );
    const served = await ask(door, "/health");
    expect(served.status).toBe(200);
    for (const { seconds } of await Promise.all(many)) limits(seconds);
  });

  it("who drips a body is answered 408", async () => {
    const head = `POST /api/v1/none HTTP/1.1\r\nHost: ${door.name}\r\nContent-Length: 1000\r\n\r\n`;
    const { seconds, said } = await drip(head, "x");
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    limits(seconds);
  });

  it("who never begins TLS is disconnected", async () => {
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const socket = connectTcp(door.port, "127.0.0.1");
      // A reset is an end as well.
      socket.on("error", () => resolve()).on("close", () => resolve());
      socket.resume();
    });
    limits((performance.now() - began) / 1000);
  });

  it("a stream goes on long after these times", async () => {
    const secure = { ca: door.ca, servername: door.name, headers: { host: `${door.name}:${door.port}` } };
    const socket = new WebSocket(`wss://127.0.0.1:${door.port}/stream`, secure);
    const began = performance.now();
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on("message", () => {
          if (performance.now() - began > slowSeconds * 3000) resolve();
        });
        socket.on("close", () => reject(new Error("the stream was closed"))).on("error", reject);
      });
    } finally {
      socket.terminate();
    }
  });
});

it("an address that asks too often is answered 429, whatever it says of itself, and another is served", async () => {
  const flood = async (count: number, localAddress: string) => {
    const answers: number[] = [];
    for (let asked = 0; asked < count; asked += 20) {
      const forged = { "x-forwarded-for": `198.51.100.${asked % 250}` };
      const some = Array.from({ length: 20 }, () => ask(door, "/health", { localAddress, headers: forged }));
      answers.push(...(await Promise.all(some)).map(({ status }) => status));
    }
    return answers;
  };
  const answers = await flood(perMinute + 100, "127.0.0.5");
  expect(answers.slice(0, perMinute).every((status) => status === 200)).toBe(true);
  expect(answers.slice(perMinute)).toContain(429);
  const refused = await ask(door, "/health", { localAddress: "127.0.0.5" });
  expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "10" } });
  expect(await ask(door, "/health", { localAddress: "127.0.0.6" })).toMatchObject({ status: 200 });
});

describe("a certificate of one's own", () => {
  let authority: Issued;

  const issue = async () =>
    issueCertificate(certificateStatement([stack.domain], 30, new Date(), randomBytes(16)), authority);
  const give = async ({ certificate, key }: Issued) => {
    await stack.set(["slipway:edge", "tls", "certificate"], certificate);
    await stack.setSecret("slipway:edge.tls.key", key);
    const up = await stack.slipway("start");
    expect(up.code, up.output).toBe(0);
    expect(up.output).not.toContain(key.split("\n")[1]);
  };
  const edge = async () => (await outside.running("edge")).map(({ Id, Labels }) => [Id, Labels[label.part]]);

  beforeAll(async () => {
    authority = await issueAuthority(authorityStatement("a company's CA", new Date(), randomBytes(16)));
  });

  it("is shown, verified by the company's roots, and status knows it", async () => {
    const first = await issue();
    await stack.set(["slipway:edge", "tls"], { mode: "own", caRoot: authority.certificate });
    await give(first);
    door = { ...door, ca: authority.certificate };
    expect((await shown(door)).fingerprint256).toBe(first.fingerprint);
    expect(await ask(door, "/health")).toMatchObject({ status: 200 });
    await expect(shown({ ...door, name: "stranger.localhost" })).rejects.toThrow(/alert|EPROTO|ssl/i);
    const { code, stdout } = await stack.slipway("status", "--json");
    const { certificates } = JSON.parse(stdout);
    expect(certificates).toContainEqual(expect.objectContaining({ name: stack.domain, trusted: true, due: false }));
    expect(code, stdout).toBe(0);
  });

  it("is renewed by changing the config: the same edge, no request lost", async () => {
    const before = await edge();
    const next = await issue();
    const asker = new Asker(door, "/health");
    try {
      await give(next);
    } finally {
      await asker.stop();
    }
    expect((await shown(door)).fingerprint256).toBe(next.fingerprint);
    expect(asker.failed).toEqual([]);
    expect(await edge()).toEqual(before);
    const preview = await stack.slipway("preview", "--expect-no-changes");
    expect(preview.code, preview.output).toBe(0);
  });

  it("is nobody's to read: not by its address on the loopback, not in the state", async () => {
    const [high, low] = [stack.port >> 8, stack.port & 255];
    for (const path of ["own-a.pem", "x/own-a.pem", "%2e%2e/own-a.pem"]) {
      const answer = await fetch(`http://127.83.${high}.${low}:2019/${path}?server_name=${stack.domain}`);
      expect([answer.status, await answer.text()]).toEqual([404, ""]);
    }
    const state = await stack.pulumi("stack", "export");
    expect(state.stdout).not.toContain("PRIVATE KEY");
  });
});
