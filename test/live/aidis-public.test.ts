/** AIDIS with its port published: TLS with the stack's own CA, the allow-list, and nothing else of it on the host. */
import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AidisStack } from "./support/aidis-stack.ts";
import { engine } from "./support/host.ts";
import { expectNoChanges, expectSuccess, outputOf } from "./support/release.ts";
import { freePort } from "./support/stack.ts";

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

it("who is not on the list is turned away before TLS", async () => {
  await aidis.stack.set(["slipway:tcp", "allow"], ["203.0.113.0/24"]);
  expectSuccess(await aidis.stack.slipway("start"));
  expect(await overTls()).toMatch(/^(failed: |closed without an answer)/);
  await expectNoChanges(aidis.stack);
});
