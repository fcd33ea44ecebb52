/** A stack whose logs are shipped to a real receiver by http, with a login: as OTLP, then as Elasticsearch's bulk requests. */
import { createSocket } from "node:dgram";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../ops/free-port.ts";
import { engine, type Outside } from "./support/host.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";
import { VictoriaLogs } from "./support/victoria-logs.ts";

let server: VictoriaLogs;
let stack: TestStack;
let outside: Outside;
let port: number;

beforeAll(async () => {
  server = await VictoriaLogs.start();
  stack = await TestStack.make();
  port = await freePort();
  const made = await stack.pulumi("stack", "init", "--no-select");
  if (made.code !== 0) throw new Error(made.output);
  await ship("otlp", "opentelemetry");
  outside = await launch(stack);
});
afterAll(async () => {
  await stack?.destroy();
  await server?.remove();
});

async function ship(to: "otlp" | "elasticsearch", protocol: Parameters<VictoriaLogs["url"]>[0]): Promise<void> {
  const { user, token } = server;
  await stack.set(["slipway:logs", "ship"], { to, url: server.url(protocol), user, port });
  await stack.setSecret("slipway:logs.ship.token", token);
}

/** A line as if the app's own process had printed it. */
async function say(text: string, stream: "1" | "2" = "1"): Promise<void> {
  await outside.exec("app", "sh", "-c", 'printf "%s\\n" "$1" > "/proc/1/fd/$2"', "say", text, stream);
}

const shipped = async () => (await outside.inspect("app")).Id.slice(0, 12);

test("a line of the app arrives with stack, part, container and stream; nothing changes by itself", async () => {
  await say("a line that is shipped", "2");
  expect(await server.find('"a line that is shipped"')).toMatchObject({
    _msg: expect.stringMatching(/a line that is shipped$/),
    "service.namespace": stack.name,
    "service.name": "app",
    "service.instance.id": await shipped(),
    "log.iostream": "stderr",
  });
  await expectNoChanges(stack);
});

test("its time is the one at which it was printed", async () => {
  const before = Date.now();
  await say("a line of this moment");
  const after = Date.now();
  const at = Date.parse((await server.find('"a line of this moment"'))["_time"] ?? "");
  // The clock of the engine is this one; a few milliseconds are its rounding.
  expect(at).toBeGreaterThan(before - 50);
  expect(at).toBeLessThan(after + 50);
});

test("no known secret leaves the host: neither the app's nor the receiver's own token", async () => {
  const secret = await outside.exec("app", "printenv", "TMWS_SECRET_KEY");
  await say(`leaked: ${secret} and ${server.token}, as ERROR`);
  expect((await server.find('"leaked: "'))["_msg"]).toMatch(/leaked: \*\*\* and \*\*\*, as ERROR$/);
  expect(JSON.stringify(await server.query("*"))).not.toContain(secret.slice(0, 12));
});

test("the receiver is away: the app answers, and what waited arrives when it is back", async () => {
  await server.stop();
  await say("printed while nobody listens");
  expect((await outside.https("GET", "/health")).status).toBe(200);
  const { Id } = await outside.inspect("log-shipper");
  expect((await engine.getContainer(Id).inspect()).RestartCount).toBe(0);
  await server.again();
  expect(await server.find('"printed while nobody listens"', 120)).toMatchObject({ "service.name": "app" });
});

test("the shipper's port in another's hands is refused before anything changes, with holder and command", async () => {
  const other = createSocket("udp4");
  await new Promise<void>((resolve) => other.bind(0, "127.0.0.1", resolve));
  const taken = other.address().port;
  const before = await outside.fingerprint();
  const back = await stack.saved();
  try {
    await stack.set(["slipway:logs", "ship", "port"], taken);
    const { code, output } = await stack.slipway("start");
    expect(code).not.toBe(0);
    expect(output).toMatch(
      new RegExp(
        `UDP port ${taken} of the host is held by \\S+ \\(process ${process.pid}\\): stop it, or choose another with ` +
          `\`pulumi config set --path 'slipway:logs.ship.port' \\d+ --stack ${stack.name}\``,
      ),
    );
    expect(await outside.fingerprint()).toEqual(before);
  } finally {
    await back();
    other.close();
  }
});

test("another receiver is the shipper's change alone, and Elasticsearch's protocol is taken too", async () => {
  const before = await shipped();
  await ship("elasticsearch", "elasticsearch");
  expectSuccess(await stack.slipway("start"));
  expect(await shipped()).toBe(before);
  await say("a line for Elasticsearch");
  expect(await server.find('message:"a line for Elasticsearch"')).toMatchObject({ "service.name": "app" });
});
