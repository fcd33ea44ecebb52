import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import hosts, { type HostsInputs } from "../../components/edge/hosts.step.ts";
import { runVolume } from "../../components/edge/share.ts";
import { keptChain } from "../../components/edge/trust.ts";
import { socketPath, switchOwner } from "../../components/switch/spec.ts";
import { freePort } from "../../ops/free-port.ts";
import { eventually, Outside } from "./support/host.ts";
import { Pebble } from "./support/pebble.ts";
import { run } from "./support/run.ts";
import { scan } from "./support/sslyze.ts";
import { TestStack } from "./support/stack.ts";
import { Asker, ask, type Door, shown } from "./support/tls.ts";

const name = "shop.slipway.test";
const lifetimeMinutes = 3;

let stack: TestStack;
let pebble: Pebble;
let httpPort: number;
let door: Door;

beforeAll(async () => {
  stack = await TestStack.make();
  httpPort = await freePort();
  pebble = await Pebble.start({ httpPort, httpsPort: stack.port, seconds: lifetimeMinutes * 60 });
  await stack.set(["slipway:edge"], { domain: name, httpsPort: stack.port, httpPort });
  const tls = {
    mode: "acme",
    email: "operator@slipway.test",
    ca: pebble.directory,
    caRoot: pebble.roots,
    lifetimeMinutes,
  };
  await stack.set(["slipway:edge", "tls"], tls);
  const up = await stack.slipway("start");
  if (up.code !== 0) throw new Error(up.output);
  door = { port: stack.port, name, ca: pebble.roots };
});
afterAll(async () => {
  await stack.destroy();
  await pebble.stop();
});

interface Status {
  readonly healthy: boolean;
  readonly certificates: readonly {
    readonly name: string;
    readonly daysLeft: number;
    readonly trusted: boolean | null;
  }[];
  readonly problems: readonly { readonly part: string; readonly what: string }[];
}

async function status(): Promise<{ readonly code: number | undefined; readonly report: Status }> {
  const { code, stdout } = await stack.slipway("status", "--json");
  return { code: code ?? undefined, report: JSON.parse(stdout) };
}

describe("an edge whose certificate comes by ACME", () => {
  it("shows what the CA signed, with the lifetime that it gives, to a client that verifies it", async () => {
    expect(await ask(door, "/health")).toMatchObject({ status: 200 });
    const certificate = await shown(door);
    expect(certificate.issuer).toContain("Pebble Intermediate CA");
    expect(certificate.checkHost(name)).toBe(name);
    const life = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
    expect(life / 1000).toBeLessThanOrEqual(lifetimeMinutes * 60);
    expect(pebble.orders).toBe(1);
  });

  it("keeps its chain where a client of Let's Encrypt's staging CA finds it, and curl takes that for trust", async () => {
    const chain = keptChain(pebble.directory, name);
    const pem = await new Outside(stack).exec("edge", "cat", chain);
    expect(pem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    await expect(ask({ ...door, ca: pem }, "/health")).rejects.toThrow(/certificate/);
    const file = "/tmp/chain.pem";
    const curl = `printf '%s\n' "$0" > ${file} && curl --silent --cacert ${file} --resolve ${name}:${door.port}:127.0.0.1 https://${name}:${door.port}/health`;
    expect((await run("sh", ["-c", curl, pem])).stdout).toContain('"healthy"');
  });

  it("says nothing to a stranger's name, and no order for it reaches the CA", async () => {
    const before = pebble.orders;
    await expect(shown({ ...door, name: "stranger.slipway.test" })).rejects.toThrow(/alert|EPROTO|ssl/i);
    await expect(shown({ ...door, name: `www.${name}` })).rejects.toThrow(/alert|EPROTO|ssl/i);
    expect(pebble.orders).toBe(before);
  });

  it("gets a certificate for a name that a system serves at the first connection for it, and not before", async () => {
    const guest = "guest.slipway.test";
    const outside = new Outside(stack);
    const { Image } = await outside.inspect("app");
    const claim: HostsInputs = {
      host: process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock",
      // Another stack than the owner: its own step would else free this name.
      place: { stack: `${stack.name}guest`, system: "guest" },
      image: Image,
      volume: runVolume({ stack: stack.name, system: "" }, undefined),
      hosts: [guest],
      uid: switchOwner.uid,
    };
    const before = pebble.orders;
    await hosts.reconcile(claim);
    try {
      await expect(shown({ ...door, name: guest })).rejects.toThrow(/alert|EPROTO|ssl/i);
      expect(pebble.orders).toBe(before);
      // Where that system's switch would listen.
      await outside.exec("switch", "touch", socketPath(guest));
      const certificate = await shown({ ...door, name: guest });
      expect(certificate.issuer).toContain("Pebble Intermediate CA");
      expect(certificate.checkHost(guest)).toBe(guest);
      expect(pebble.orders).toBe(before + 1);
    } finally {
      await outside.exec("switch", "rm", "-f", socketPath(guest));
      await hosts.remove?.(claim);
    }
  });

  it("speaks TLS 1.2 and 1.3 with forward secrecy alone, by sslyze", async () => {
    const found = await scan(door.port, name);
    for (const old of ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"] as const)
      expect(found[`${old}_cipher_suites`].result, old).toMatchObject({ accepted_cipher_suites: [] });
    const names = (version: "tls_1_2" | "tls_1_3") =>
      found[`${version}_cipher_suites`].result.accepted_cipher_suites.map(({ cipher_suite }) => cipher_suite.name);
    expect(names("tls_1_2").length).toBeGreaterThan(0);
    expect(names("tls_1_3").length).toBeGreaterThan(0);
    for (const suite of names("tls_1_2")) expect(suite).toMatch(/^TLS_ECDHE_.*(GCM|CHACHA20_POLY1305)/);
    expect(found.heartbleed.result.is_vulnerable_to_heartbleed).toBe(false);
    expect(found.openssl_ccs_injection.result.is_vulnerable_to_ccs_injection).toBe(false);
    expect(found.robot.result.robot_result).toMatch(/^NOT_VULNERABLE/);
    expect(found.tls_compression.result.supports_compression).toBe(false);
    expect(found.session_renegotiation.result.is_vulnerable_to_client_renegotiation_dos).toBe(false);
  });

  it("redirects plain http, and tells browsers to ask by https alone", async () => {
    const answer = await new Promise<{ status: number | undefined; to: string | undefined }>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: httpPort, path: "/a?b=c", headers: { host: name } };
      get(options, (response) => {
        response.resume();
        resolve({ status: response.statusCode, to: response.headers.location });
      }).on("error", reject);
    });
    expect(answer.status).toBe(308);
    expect(answer.to).toMatch(new RegExp(`^https://${name}(:${door.port})?/a\\?b=c$`));
    const { headers } = await ask(door, "/health");
    expect(headers["strict-transport-security"]).toContain("max-age=31536000");
  });

  it("shows no change in a second preview", async () => {
    const preview = await stack.slipway("preview", "--expect-no-changes");
    expect(preview.code, preview.output).toBe(0);
  });
});

describe("its certificate", () => {
  it("is renewed before it ends, and no request fails", async () => {
    const first = await shown(door);
    const asker = new Asker(door, "/health");
    try {
      const next = await eventually(
        "another certificate",
        async () => {
          const now = await shown(door);
          return now.serialNumber === first.serialNumber ? undefined : now;
        },
        lifetimeMinutes * 60,
      );
      expect(Date.parse(first.validTo)).toBeGreaterThan(Date.now());
      expect(Date.parse(next.validTo)).toBeGreaterThan(Date.parse(first.validTo));
    } finally {
      await asker.stop();
    }
    expect(asker.failed).toEqual([]);
  });

  it("that could not be renewed is told by status, and renewed once the CA is back", async () => {
    expect((await status()).report.certificates).toContainEqual(expect.objectContaining({ name, trusted: true }));
    pebble.cut();
    const last = await shown(door);
    await eventually(
      "the certificate has ended",
      async () => (Date.parse((await shown(door)).validTo) < Date.now() ? true : undefined),
      lifetimeMinutes * 60 + 60,
    );
    const { code, report } = await status();
    expect(code).toBe(1);
    expect(report.problems).toContainEqual(expect.objectContaining({ what: `the certificate of ${name} has ended` }));
    pebble.mend();
    await eventually(
      "a good certificate again",
      async () => ((await ask(door, "/health")).status === 200 ? true : undefined),
      300,
    );
    expect((await shown(door)).serialNumber).not.toBe(last.serialNumber);
  });
});
