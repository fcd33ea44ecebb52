/** AIDIS with its port published: TLS with the stack's own CA or a certificate from config, the allow-list, and nothing else of it on the host. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../ops/free-port.ts";
import { AidisStack } from "./support/aidis-stack.ts";
import { engine } from "./support/host.ts";
import { expectNoChanges, expectRefusal, expectSuccess, outputOf } from "./support/release.ts";
import { selfSigned } from "./support/switch.ts";

let aidis: AidisStack;
let port: number;

const build = { version: "1.0.0" } as const;
const ping = '{"method":"ping"}\n';

beforeAll(async () => {
  aidis = await AidisStack.make();
  port = await freePort();
  await aidis.stack.set(["slipway:tcp"], { public: true, port });
  expectSuccess(await aidis.release(build));
});
afterAll(async () => aidis.stack.destroy());

/** What the server says to a ping, or how the connection ended. */
function asked(socket: ReturnType<typeof connectPlain>, begins: "connect" | "secureConnect"): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
    socket.once(begins, () => socket.write(ping));
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (text.endsWith("\n")) socket.end();
    });
    socket.once("error", (error) => resolve(`failed: ${error.message}`));
    socket.once("close", () => resolve(text === "" ? "closed without an answer" : text));
  });
}

async function overTls(servername = aidis.stack.domain): Promise<string> {
  const ca = String(await outputOf(aidis.stack, "ca"));
  return asked(connectTls({ host: "127.0.0.1", port, servername, ca }), "secureConnect");
}

describe("published by the switch", () => {
  it("says where it is", async () => {
    expect(await outputOf(aidis.stack, "url")).toBe(`tls://${aidis.stack.domain}:${port}`);
  });

  it("answers over TLS to who trusts the stack's CA", async () => {
    expect(JSON.parse(await overTls())).toMatchObject({ version: build.version });
  });

  it("shows a certificate for its own name alone, and none that a stranger trusts", async () => {
    expect(await overTls("other.localhost")).toContain("Hostname/IP does not match certificate's altnames");
    const stranger = connectTls({ host: "127.0.0.1", port, servername: aidis.stack.domain });
    expect(await asked(stranger, "secureConnect")).toMatch(/^failed: (unable to|self-signed)/);
  });

  it("speaks to nobody in clear", async () => {
    expect(await asked(connectPlain(port, "127.0.0.1"), "connect")).not.toContain("version");
  });

  it("only the switch publishes, on this machine's own address alone", async () => {
    const bindings = await Promise.all(
      (await aidis.outside.containers()).map(
        async ({ Id }) => (await engine.getContainer(Id).inspect()).HostConfig.PortBindings ?? {},
      ),
    );
    const published = bindings.flatMap((each) => Object.values(each).flat());
    expect(published).toEqual([{ HostIp: "127.0.0.1", HostPort: String(port) }]);
  });

  it("a second preview has no change", () => expectNoChanges(aidis.stack));
});

/** A client that trusts only this CA and stays: what it was shown, and what it is told. */
async function session(ca: string) {
  const socket = connectTls({ host: "127.0.0.1", port, servername: aidis.stack.domain, ca });
  await once(socket, "secureConnect");
  return {
    socket,
    shown: socket.getPeerX509Certificate()?.fingerprint256,
    async version(): Promise<unknown> {
      socket.write(ping);
      const [answer] = await once(socket, "data");
      return JSON.parse(String(answer)).version;
    },
  };
}

describe("a certificate from config", () => {
  const life = async () => {
    const { Id, State } = await aidis.outside.inspect("switch");
    return [Id, State.StartedAt];
  };
  let first: Awaited<ReturnType<typeof session>>;
  let before: readonly string[];

  async function given(): Promise<string> {
    const { certificate, key } = selfSigned(aidis.stack.domain);
    await aidis.stack.setText("slipway:tcp.certificate", certificate);
    await aidis.stack.setSecret("slipway:tcp.key", key);
    expectSuccess(await aidis.stack.slipway("start"));
    return certificate;
  }

  it("exactly that one is what clients see, and the switch that runs has taken it", async () => {
    before = await life();
    const certificate = await given();
    first = await session(certificate);
    expect(first.shown).toBe(new X509Certificate(certificate).fingerprint256);
    expect(await first.version()).toBe(build.version);
    // Who trusts the stack's CA alone is shown something else now.
    expect(await overTls()).toMatch(/^failed: /);
    expect(await life()).toEqual(before);
    await expectNoChanges(aidis.stack);
  });

  it("another in config is loaded without a restart: new clients see it, the session that there is goes on", async () => {
    const certificate = await given();
    const next = await session(certificate);
    expect(next.shown).toBe(new X509Certificate(certificate).fingerprint256);
    expect(next.shown).not.toBe(first.shown);
    expect([await next.version(), await first.version()]).toEqual([build.version, build.version]);
    for (const { socket } of [first, next]) socket.destroy();
    expect(await life()).toEqual(before);
  });

  it("one that the key does not belong to is refused, and nothing changes", async () => {
    const restore = await aidis.stack.saved();
    await aidis.stack.set(["slipway:tcp", "certificate"], selfSigned(aidis.stack.domain).certificate);
    const up = await aidis.stack.slipway("start");
    await restore();
    expectRefusal(up, "slipway:tcp.certificate", "a certificate and the key that it was made for");
    await expectNoChanges(aidis.stack);
  });

  it("taken out of config, the stack's own CA signs again", async () => {
    for (const key of ["certificate", "key"]) await aidis.stack.set(["slipway:tcp", key], undefined);
    expectSuccess(await aidis.stack.slipway("start"));
    expect(JSON.parse(await overTls())).toMatchObject({ version: build.version });
    expect(await life()).toEqual(before);
  });
});

it("who is not on the list is turned away before TLS", async () => {
  await aidis.stack.set(["slipway:tcp", "allow"], ["203.0.113.0/24"]);
  expectSuccess(await aidis.stack.slipway("start"));
  expect(await overTls()).toMatch(/^(failed: |closed without an answer)/);
  await expectNoChanges(aidis.stack);
});
