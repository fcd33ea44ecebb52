/** A stack whose logs are shipped to a real syslog server: what arrives, what does not, and what a server that is away costs the app. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Receiver } from "../../components/logs/receivers.ts";
import { shipperConfig } from "../../components/logs/spec.ts";
import { freePort } from "../../ops/free-port.ts";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";
import { SyslogServer } from "./support/syslog-server.ts";

let server: SyslogServer;
let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  server = await SyslogServer.start();
  stack = await TestStack.make();
  await stack.set(["slipway:logs", "ship"], {
    to: "syslog",
    url: `tcp://host.docker.internal:${server.port}`,
    port: await freePort(),
  });
  outside = await launch(stack);
});
afterAll(async () => {
  await stack?.destroy();
  await server?.remove();
});

/** A line as if the app's own process had printed it. */
async function say(text: string): Promise<void> {
  await outside.exec("app", "sh", "-c", 'printf "%s\\n" "$1" > /proc/1/fd/1', "say", text);
}

test("a line of the app arrives with stack, part and container; those of parts do too; nothing changes by itself", async () => {
  await say("a line that is shipped");
  const { Id } = await outside.inspect("app");
  expect(await server.find("a line that is shipped")).toEqual({
    stack: stack.name,
    part: "app",
    container: Id.slice(0, 12),
    text: expect.stringMatching(/a line that is shipped$/),
  });
  // The switch prints each request; what other parts print at their start may be over before the shipper is there.
  const parts = await eventually("a request is in the switch's log", async () => {
    await outside.https("GET", "/health");
    const seen = new Set((await server.received()).map(({ part }) => part));
    return seen.has("switch") ? seen : undefined;
  });
  expect(parts.has("log-shipper")).toBe(false);
  await expectNoChanges(stack);
});

const token = "a-Token-$0{x}";
const web = "https://logs.example.org";

test.each<Receiver>([
  { to: "loki", url: web, user: "writer", token },
  { to: "elasticsearch", url: web, user: "writer", token },
  { to: "elasticsearch", url: web, token },
  { to: "splunk", url: `${web}:8088`, token },
  { to: "datadog", url: web, token },
  { to: "cloudwatch", url: "https://logs.eu-central-1.amazonaws.com", user: "AKIA0", token },
  { to: "syslog", url: "tls://logs.example.org:6514" },
  { to: "otlp", url: web, token },
])("the Collector itself takes the config of $to", async (receiver) => {
  const config = shipperConfig({ stack: "blue", system: "tmws" }, receiver, ['a "secret"\\$', "of two\nlines"], 192);
  const container = await engine.createContainer({
    Image: (await outside.inspect("log-shipper")).Image,
    Cmd: ["validate", "--config=env:CONFIG"],
    Env: [`CONFIG=${config}`],
    HostConfig: { NetworkMode: "none" },
  });
  try {
    await container.start();
    const { StatusCode } = await container.wait();
    expect(StatusCode, await runner.logs(container.id, 30)).toBe(0);
  } finally {
    await container.remove({ force: true });
  }
});

test("no known secret leaves the host", async () => {
  const secret = await outside.exec("app", "printenv", "TMWS_SECRET_KEY");
  const redis = new URL(await outside.exec("app", "printenv", "TMWS_REDIS_URL")).password;
  await say(`leaked: ${secret} and ${redis}, as ERROR`);
  expect((await server.find("leaked: ")).text).toMatch(/leaked: \*\*\* and \*\*\*, as ERROR$/);
  expect(JSON.stringify(await server.received())).not.toContain(secret.slice(0, 12));
});

test("what is on the host is what was there without shipping: npm run logs reads it", async () => {
  await say("read on the host too");
  const { code, stdout } = await stack.slipway("logs", "app", "--grep", "read on the host too");
  expect(code).toBe(0);
  expect(stdout).toMatch(/read on the host too\n$/);
});

test("the server is away: the app answers, memory stays bounded, and what waited arrives when it is back", async () => {
  await server.stop();
  await say("printed while nobody listens");
  // Far more than the shipper may hold.
  await outside.exec("app", "sh", "-c", "head -c 300000000 /dev/zero | tr '\\\\0' x | fold -w 1000 > /proc/1/fd/1");
  expect((await outside.https("GET", "/health")).status).toBe(200);
  const { Id, State, HostConfig } = await outside.inspect("log-shipper");
  expect({ restarts: (await engine.getContainer(Id).inspect()).RestartCount, oom: State.OOMKilled }).toEqual({
    restarts: 0,
    oom: false,
  });
  expect(HostConfig.Memory).toBe(192 * 1024 * 1024);
  await server.again();
  await server.find("printed while nobody listens", 120);
});

test("the shipper is away: the app answers and starts again, its lines stay on the host", async () => {
  const { Id } = await outside.inspect("log-shipper");
  await engine.getContainer(Id).stop({ t: 5 });
  try {
    await say("printed without a shipper");
    expect((await outside.https("GET", "/health")).status).toBe(200);
    const app = await outside.inspect("app");
    await engine.getContainer(app.Id).restart({ t: 10 });
    await outside.healthy();
    const { stdout } = await stack.slipway("logs", "app", "--grep", "printed without a shipper");
    expect(stdout).toMatch(/printed without a shipper\n$/);
  } finally {
    await engine.getContainer(Id).start();
  }
  // Lines from before it listens are dropped, as the README says: one of those after that arrives.
  await eventually("what is printed after it came back is received", async () => {
    await say("printed after it came back");
    const lines = await server.received();
    return lines.some(({ text }) => text.includes("printed after it came back")) ? true : undefined;
  });
});

test("switched off, the shipper goes and the engine's own files are the log again", async () => {
  await stack.set(["slipway:logs", "ship"], undefined);
  expectSuccess(await stack.slipway("start"));
  expect(await outside.running("log-shipper")).toEqual([]);
  expect((await outside.inspect("app")).HostConfig.LogConfig).toEqual({
    Type: "json-file",
    Config: { "max-size": "10m", "max-file": "3" },
  });
});
