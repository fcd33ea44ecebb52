/** What the switch knows beside releases, on a real HAProxy made as the product makes it: private paths, readiness, raw TCP, public TLS. */
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import certificateStep from "../../components/switch/certificate.step.ts";
import { publicNetwork } from "../../components/switch/spec.ts";
import { ensureBaseImage } from "../../infra/images/base-image.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { freePort } from "../../ops/free-port.ts";
import { until } from "./images-host.ts";
import { engine } from "./support/host.ts";
import { dockerHost, selfSigned, TestSwitch } from "./support/switch.ts";

const place = { stack: `switch-${process.pid}`, system: "test" };
const one = selfSigned("one");
const two = selfSigned("two");
let port = 0;
let gate: TestSwitch;

beforeAll(async () => {
  await ensureBaseImage(engine);
  port = await freePort();
  gate = new TestSwitch(place, {
    image: (await resolvePart(engine, "haproxy", "debian")).id,
    network: `slipway-${place.stack}_private`,
    limits: { cpus: 1, memoryMb: 128, pids: 64 },
    routes: [
      {
        host: "s.localhost",
        alias: "web",
        port: 8000,
        private: ["/metrics", "/api/diagnostics"],
        ready: { path: "/ready", port: 8000 },
      },
    ],
    tcp: [{ alias: "mcp", port: 3001, listen: 3001 }],
    public: { bind: "127.0.0.1", allow: ["127.0.0.0/8"], listeners: [{ listen: 3001, port }] },
    slots: 4,
    holdSeconds: 30,
    clients: { bodyMb: 100, slowSeconds: 10, requestsPerMinute: 0 },
  });
  await gate.start(one);
  for (const name of ["w1", "w2", "m1", "m2"]) await gate.serve(name);
  await gate.control.route({ "web-8000": ["w1", "w2"], "mcp-3001": ["m1"] });
});
afterAll(() => gate.remove());

const up = async (alias: string) => (await gate.slots("web-8000")).find((slot) => slot.alias === alias)?.up;
const becomes = async (alias: string, wanted: boolean) =>
  expect(
    await until(
      () => up(alias),
      (now) => now === wanted,
    ),
  ).toBe(wanted);
const mark = (name: string, what: "unready" | "broken") => gate.exec(name, "touch", `/tmp/${what}`);
const mend = (name: string, what: "unready" | "broken") => gate.exec(name, "rm", "-f", `/tmp/${what}`);

describe("private paths", () => {
  const hidden = [
    ..."/metrics /metrics/ //metrics ///metrics /./metrics /.//./metrics /%6detrics /%6Detrics /%2fmetrics /.%2fmetrics".split(
      " ",
    ),
    ..."/metrics;x /metrics%3bx /;x/metrics /.;x/metrics /METRICS /Metrics /metrics/x /metrics/%2e /metrics?x=1 /metrics%0a".split(
      " ",
    ),
    ..."/metrics%20 /metrics%09 /metrics%00 /metrics%zz /metrics%4 /a/../metrics /a/%2e%2e/metrics /..;/metrics /%5cmetrics".split(
      " ",
    ),
    ..."/%2e/metrics http://s/metrics http://s//%6detrics /api/diagnostics /api//diagnostics /api/./diagnostics/x".split(
      " ",
    ),
    ..."/API/diagnostics /api%2fdiagnostics /api;x/diagnostics /api/x/../diagnostics".split(" "),
  ];
  const open =
    "/ /. /x /metrics-public /metricsx /a/metrics /api /api/diagnosticsx /a;b=1/c /a%20b /x?y=/metrics /%256detrics /.x".split(
      " ",
    );

  test("are not there for users, however they are written; all else is", async () => {
    expect(await gate.statuses(hidden)).toEqual(hidden.map((path) => `${path} 404`));
    expect(await gate.statuses(open)).toEqual(open.map((path) => `${path} 200`));
  });

  test("are there for candidates' probes", async () => {
    await gate.control.candidates({ "web-8000": ["w2"] });
    const script = String.raw`exec 3<>/dev/tcp/127.0.0.1/8480; printf 'GET /metrics HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n' >&3; cat <&3`;
    expect(await gate.exec("switch", "bash", "-c", script)).toMatch(/^HTTP\/1.1 200 .*w2 \/metrics$/s);
    await gate.control.free(["web-8000"]);
  });
});

describe("readiness", () => {
  test("one that is not ready gets no request, and gets them again when it is; no request fails", async () => {
    const whole = gate.load();
    await mark("w1", "unready");
    await becomes("w1", false);
    const meanwhile = gate.load();
    await gate.exec("switch", "sleep", "1");
    expect(Object.keys(await meanwhile.stop())).toEqual(["200 w2"]);
    await mend("w1", "unready");
    await becomes("w1", true);
    const after = gate.load();
    await gate.exec("switch", "sleep", "1");
    expect(Object.keys(await after.stop())).toEqual(["200 w1", "200 w2"]);
    expect(Object.keys(await whole.stop())).toEqual(["200 w1", "200 w2"]);
  });

  test("with none ready requests wait, and are served when one is back", async () => {
    for (const name of ["w1", "w2"]) await mark(name, "unready");
    for (const name of ["w1", "w2"]) await becomes(name, false);
    const held = gate.statuses(["/held"]);
    const first = await Promise.race([held, gate.exec("switch", "sleep", "2")]);
    expect(first).toBe("");
    await mend("w2", "unready");
    expect(await held).toEqual(["/held 200"]);
    await mend("w1", "unready");
    await becomes("w1", true);
  });

  test("a release whose replica is not ready yet: the old one serves until it is, none asks the new one before", async () => {
    await gate.control.route({ "web-8000": ["w1"] });
    await mark("w2", "broken");
    const load = gate.load();
    const switched = gate.control.route({ "web-8000": ["w2"] });
    await becomes("w2", false);
    await mend("w2", "broken");
    await switched;
    expect(await gate.control.serving()).toMatchObject({ "web-8000": ["w2"] });
    await gate.control.free(["web-8000"]);
    expect(Object.keys(await load.stop()).filter((what) => !what.startsWith("200"))).toEqual([]);
    expect(await gate.statuses(["/x"])).toEqual(["/x 200"]);
  });

  test("a switch that was restarted knows who serves, and asks them again", async () => {
    await gate.control.route({ "web-8000": ["w1", "w2"] });
    await mark("w1", "unready");
    await becomes("w1", false);
    await engine.getContainer(gate.name("switch")).restart({ t: 1 });
    expect(await gate.control.serving()).toEqual({ "web-8000": ["w1", "w2"], "mcp-3001": ["m1"] });
    await becomes("w1", false);
    const load = gate.load();
    await gate.exec("switch", "sleep", "1");
    expect(Object.keys(await load.stop())).toEqual(["200 w2"]);
    await mend("w1", "unready");
    await becomes("w1", true);
  });
});

/** A session over TLS, line by line. */
async function session(
  ca: string,
): Promise<{ readonly socket: TLSSocket; readonly say: (line: string) => Promise<string> }> {
  const socket = connect({ host: "127.0.0.1", port, ca, checkServerIdentity: () => undefined });
  await once(socket, "secureConnect");
  socket.setEncoding("utf8");
  const say = async (line: string) => {
    const answer = once(socket, "data");
    socket.write(`${line}\n`);
    const [text] = await answer;
    return String(text);
  };
  return { socket, say };
}

describe("raw TCP", () => {
  test("on the private network it is always open", async () => {
    const script = "exec 3<>/dev/tcp/switch/3001; echo hi >&3; read -r line <&3; echo $line";
    expect(await gate.exec("w1", "bash", "-c", script)).toBe("m1 hi\n");
  });

  test("over TLS from the host itself, which is on the list", async () => {
    const { socket, say } = await session(one.certificate);
    expect(await say("hi")).toBe("m1 hi\n");
    expect(await say("again")).toBe("m1 again\n");
    socket.destroy();
  });

  test("who is not on the list is refused before a byte of TLS", async () => {
    await gate.serve("stranger", publicNetwork(place));
    // Whoever is let in is waited for ten seconds, and is sent nothing before it speaks: the end at once is the refusal.
    const script = `exec 3<>/dev/tcp/${gate.name("switch")}/8580; timeout 5 cat <&3 2>/dev/null | wc -c; echo "\${PIPESTATUS[0]}"`;
    expect(await gate.exec("stranger", "bash", "-c", script)).toMatch(/^0\n[01]\n$/);
    const { socket, say } = await session(one.certificate);
    expect(await say("still")).toBe("m1 still\n");
    socket.destroy();
  });

  test("a connection waits while it is held", async () => {
    await gate.control.hold(["mcp-3001"]);
    const { socket, say } = await session(one.certificate);
    const answer = say("held");
    expect(await Promise.race([answer, gate.exec("switch", "sleep", "2")])).toBe("");
    await gate.control.route({ "mcp-3001": ["m2"] });
    expect(await answer).toBe("m2 held\n");
    socket.destroy();
    await gate.control.free(["mcp-3001"]);
  });

  test("a session lives on while its slot drains, counts, and is closed when its server ends", async () => {
    await gate.control.route({ "mcp-3001": ["m2"] });
    const { socket, say } = await session(one.certificate);
    expect(await say("a")).toBe("m2 a\n");
    await gate.control.route({ "mcp-3001": ["m1"] });
    expect(await say("b")).toBe("m2 b\n");
    expect(await gate.control.drained(["mcp-3001"], 0)).toBe(1);
    const fresh = await session(one.certificate);
    expect(await fresh.say("c")).toBe("m1 c\n");
    const closed = once(socket, "close");
    await engine.getContainer(gate.name("m2")).stop({ t: 0 });
    await closed;
    expect(await gate.control.drained(["mcp-3001"], 15)).toBe(0);
    await gate.control.free(["mcp-3001"]);
    expect(await fresh.say("d")).toBe("m1 d\n");
    fresh.socket.destroy();
  });

  test("a new certificate is loaded into the switch that runs, sessions go on, and the file keeps it", async () => {
    const name = gate.name("switch");
    const before = await engine.getContainer(name).inspect();
    const old = await session(one.certificate);
    await gate.writeCertificate(two);
    await certificateStep.reconcile({ host: dockerHost, place, written: "two", container: before.Id });
    const fresh = await session(two.certificate);
    expect(await fresh.say("x")).toBe("m1 x\n");
    expect(await old.say("y")).toBe("m1 y\n");
    const { State } = await engine.getContainer(name).inspect();
    expect(State.StartedAt).toBe(before.State.StartedAt);
    for (const { socket } of [old, fresh]) socket.destroy();
    await engine.getContainer(name).restart({ t: 1 });
    expect(await gate.control.serving()).toMatchObject({ "mcp-3001": ["m1"] });
    const again = await session(two.certificate);
    expect(await again.say("z")).toBe("m1 z\n");
    again.socket.destroy();
  });

  test("a certificate that cannot be read is refused in words, the old one stays", async () => {
    await gate.writeCertificate({ ...two, certificate: "no PEM" });
    const inputs = { host: dockerHost, place, written: "three", container: "" };
    await expect(certificateStep.reconcile(inputs)).rejects.toThrow("the switch refused the certificate: ");
    const { socket, say } = await session(two.certificate);
    expect(await say("x")).toBe("m1 x\n");
    socket.destroy();
  });
});
