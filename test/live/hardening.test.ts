/** A stack whose config and containers are looked at as an attacker would: hostile texts, the CIS Docker Benchmark, what the app may do in Redis. */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { caddyfile } from "../../components/edge/caddyfile.ts";
import { prometheusConfig } from "../../components/prometheus/spec.ts";
import { ensureBaseImage } from "../../infra/images/base-image.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { pendingUpdates } from "../../ops/scan/updates.ts";
import { items } from "../../policy/cis.ts";
import { hostileTexts } from "../fixtures/hostile.ts";
import { images, sh, start, tidy, until } from "./images-host.ts";
import { brokenItems } from "./support/cis.ts";
import { engine, eventually, Outside, runner } from "./support/host.ts";
import { checkout } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

const limits = { cpus: 1, memoryMb: 256, pids: 64 };
const named = (prefix: string, texts: readonly string[] = hostileTexts) =>
  Object.fromEntries(texts.map((text, at) => [`${prefix}_${at}`, text]));
const plain = named("HOSTILE");
const secret = named("HOSTILE_SECRET");
const built = named("HOSTILE_ARG");
const reason = hostileTexts.join(" and ");

let stack: TestStack;
let outside: Outside;
let folder: string;

/** The reference application in a folder, and by a Dockerfile, whose names are hostile too; its image keeps each build argument as a variable. */
async function hostileContext(): Promise<{ readonly context: string; readonly dockerfile: string }> {
  folder = await mkdtemp(join(tmpdir(), "slipway-it's $(id) {{x}} ünï-"));
  const dockerfile = `Docker "file" $(id) 100%s {{x}}`;
  await cp(join(checkout, "test/workloads/tmws"), folder, { recursive: true });
  const text = await readFile(join(folder, "Dockerfile"), "utf8");
  const lines = Object.keys(built).flatMap((name) => [`ARG ${name}`, `ENV ${name}=\${${name}}`]);
  await writeFile(join(folder, "Dockerfile"), text.replace("\nUSER ", `\n${lines.join("\n")}\nUSER `));
  await rename(join(folder, "Dockerfile"), join(folder, dockerfile));
  return { context: folder, dockerfile };
}

/** What the process itself was given, which the engine's own words need not be. */
async function environmentOf(part: string): Promise<Readonly<Record<string, string>>> {
  const { Id } = await outside.inspect(part);
  const argv = ["python", "-c", "import json, os; print(json.dumps(dict(os.environ)))"];
  const variables: Record<string, string> = JSON.parse((await runner.exec(Id, { argv })).output);
  return variables;
}

async function launch(): Promise<void> {
  const up = await stack.slipway("start");
  if (up.code !== 0) throw new Error(up.output);
}

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  await stack.set(["slipway:image", "build"], { ...(await hostileContext()), args: built });
  await stack.set(["slipway:app", "extraEnv"], plain);
  await stack.set(["slipway:environment"], "staging");
  await stack.set(["slipway:edge", "tls"], { mode: "internal" });
  await stack.set(["slipway:preflight", "override"], reason);
  await stack.set(["slipway:rollout", "bakeSeconds"], 0);
  await launch();
  // What encrypts is there now.
  for (const [name, text] of Object.entries(secret)) await stack.setSecret(`slipway:app.secretEnv.${name}`, text);
  await launch();
});
afterAll(async () => {
  await tidy();
  await rm(folder, { recursive: true, force: true });
  await stack.destroy();
});

describe("hostile texts of a stack's config", () => {
  test("plain, secret and build-time variables are in the running process letter by letter", async () => {
    const found = await environmentOf("app");
    const expected = { ...plain, ...secret, ...built };
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, found[name]]))).toEqual(expected);
  });

  test("a reason is in the stack's output as it was written", async () => {
    const said = await stack.pulumi("stack", "output", "preflight", "--json");
    expect(JSON.parse(said.stdout)).toEqual({ overridden: reason });
  });

  test("a second preview finds nothing to change in any of them", async () => {
    const preview = await stack.slipway("preview", "--expect-no-changes");
    expect(preview.code, preview.output).toBe(0);
  });

  test("half a surrogate pair, which no process could be given, is refused before anything is touched", async () => {
    const before = await outside.fingerprint();
    const restore = await stack.saved();
    const text = await readFile(stack.file, "utf8");
    await writeFile(stack.file, text.replace("extraEnv:", 'extraEnv:\n      HALF: "\\uD83D"'));
    const up = await stack.slipway("start");
    await restore();
    expect(up.code).not.toBe(0);
    // Pulumi's own reader of the file is the first to refuse it; Slipway's refusal of such a text is a unit test (config-shape).
    expect(up.output).toContain("invalid Unicode character");
    expect(await outside.fingerprint()).toEqual(before);
  });
});

describe("its containers", () => {
  test("keep each line of the CIS Docker Benchmark that applies", async () => {
    expect(await brokenItems(outside)).toEqual([]);
  });

  test("without a limit and a wall one is told by each line that it breaks: the check can fail", async () => {
    const { Image } = await outside.inspect("app");
    const open = await engine.createContainer({
      Image,
      Cmd: ["sleep", "60"],
      User: "0:0",
      Labels: { "slipway.test": stack.name },
      HostConfig: { Privileged: true, PidMode: "host", Binds: ["/tmp:/host"] },
    });
    try {
      const inspected = await open.inspect();
      const broken = items.filter(({ wrong }) => wrong?.({ part: "app", inspected }) !== undefined).map(({ id }) => id);
      expect(broken).toEqual([
        ...["4.1", "4.6, 5.27", "5.4", "5.5", "5.6, 5.32", "5.11", "5.12", "5.13", "5.15", "5.16, 5.17, 5.21, 5.31"],
        ...["5.26", "5.29", "5.30", "2.13"],
      ]);
    } finally {
      await open.remove({ force: true });
    }
  });
});

describe("Redis", () => {
  const asApp = async (...words: readonly string[]) => {
    const { TMWS_REDIS_URL = "" } = await environmentOf("app");
    const { username, password } = new URL(TMWS_REDIS_URL);
    const { Id } = await outside.inspect("redis");
    const argv = ["redis-cli", "--user", username, ...words];
    return (await runner.exec(Id, { argv, env: { REDISCLI_AUTH: password } })).output.trim();
  };

  test.each([
    ["FLUSHALL"],
    ["FLUSHDB"],
    ["CONFIG", "GET", "*"],
    ["CONFIG", "SET", "dir", "/tmp"],
    ["DEBUG", "SLEEP", "0"],
    ["KEYS", "*"],
    ["SHUTDOWN", "NOSAVE"],
    ["MONITOR"],
    ["SAVE"],
    ["REPLICAOF", "NO", "ONE"],
    ["ACL", "LIST"],
    ["ACL", "SETUSER", "app", "+@all"],
    ["MODULE", "LIST"],
    ["CLIENT", "KILL", "TYPE", "normal"],
    ["MIGRATE", "h", "1", "k", "0", "1"],
  ])("the app may not %s %s", async (...words) => {
    expect(await asApp(...words)).toMatch(/^NOPERM |^ERR DEBUG command not allowed/);
  });

  test("the app works with data, scripts and channels as user app; the default user is off", async () => {
    expect(await asApp("ACL", "WHOAMI")).toBe("app");
    expect(await asApp("SET", "hardening", "1", "EX", "60")).toBe("OK");
    expect(await asApp("EVAL", "return redis.call('GET', KEYS[1])", "1", "hardening")).toBe("1");
    expect(await asApp("PUBLISH", "hardening", "1")).toBe("0");
    expect(await asApp("INFO", "server")).toContain("redis_version");
    expect(await outside.exec("redis", "redis-cli", "ping")).toContain("NOAUTH");
    expect(await outside.exec("redis", "redis-cli", "-a", "", "--user", "default", "ping")).toMatch(/NOAUTH|WRONGPASS/);
  });

  test("what a script wrote outlives a restart: the log is read with the rights of the default user", async () => {
    const script = "redis.call('SET', KEYS[1], 'a'); return redis.call('APPEND', KEYS[1], 'b')";
    expect(await asApp("EVAL", script, "1", "outlives")).toBe("2");
    const { Id } = await outside.inspect("redis");
    await engine.getContainer(Id).restart();
    await eventually("Redis answers", async () => ((await asApp("PING")) === "PONG" ? true : undefined));
    expect(await asApp("GET", "outlives")).toBe("ab");
  });

  test("people reach all of it by npm run exec, and the data are never evicted", async () => {
    const asked = await stack.slipway("exec", "redis", "redis-cli", "config", "get", "maxmemory-policy");
    expect(asked.stdout).toContain("noeviction");
  });
});

describe("npm run scan", () => {
  /** Of the one package, where its distribution has a newer one. */
  async function installedOf(image: string): Promise<string | undefined> {
    const asked = await pendingUpdates(engine, image);
    if ("why" in asked) throw new Error(asked.why);
    return asked.findings.find(({ package: name }) => name === "libssl3t64")?.installed;
  }

  test("finds a package for which the distribution has a newer version, as it is installed", async () => {
    const { Image } = await outside.inspect("redis");
    const older = "/^Package: libssl3t64$/,/^$/ s/^Version: .*/Version: 3.5.0-1/";
    const dated = await engine.createContainer({
      Image,
      User: "0:0",
      Entrypoint: ["sed", "-i", older, "/var/lib/dpkg/status"],
      Cmd: [],
      Labels: { "slipway.test": stack.name },
    });
    try {
      await dated.start();
      await dated.wait();
      const { Id }: { readonly Id: string } = await dated.commit({ repo: "slipway/test", tag: stack.name });
      images.add(Id);
      expect(await installedOf(Id)).toBe("3.5.0-1");
      expect(await installedOf(Image)).not.toBe("3.5.0-1");
    } finally {
      await dated.remove({ force: true });
    }
  });
});

describe("what config accepts of the texts of rendered files", () => {
  const email = "o'brien+a%b=c~_.x@mail.example.org";
  const ca = "https://acme.example.org:14000/dir?a=%7B%20&b=c~+";

  test("Caddy's own parser reads back the address and the CA", async () => {
    await ensureBaseImage(engine);
    const image = (await resolvePart(engine, "caddy", "debian")).id;
    const clients = { bodyMb: 100, headerKb: 15, slowSeconds: 10 };
    const spec = { image, limits, clients, hosts: ["a.example.org"], httpsPort: 8443, httpPort: 8080, bind: [] };
    const config = caddyfile({ ...spec, tls: { mode: "acme", email, ca } });
    // Its program carries this capability, and does not start without it.
    const capAdd = ["NET_BIND_SERVICE"];
    const container = await start({ image, cmd: ["sleep", "60"], files: { "/tmp/Caddyfile": config }, capAdd });
    const adapted = await sh(container, "caddy adapt --config /tmp/Caddyfile --adapter caddyfile 2>/dev/null");
    const { apps } = JSON.parse(adapted.out);
    expect(apps.tls.automation.policies).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ issuers: expect.arrayContaining([expect.objectContaining({ ca, email })]) }),
      ]),
    );
  });

  test("Prometheus reads back the name of each job; one that its YAML would break at is refused", async () => {
    const image = (await resolvePart(engine, "prometheus", "debian")).id;
    const names = hostileTexts.filter((name) => !name.includes("\u2028"));
    const jobs = names.map((name) => ({ name, alias: "app", port: 9090 }));
    const spec = { image, networks: ["n"], limits, retentionDays: 1 };
    const config = prometheusConfig({ ...spec, jobs });
    const odd = hostileTexts.filter((name) => !names.includes(name));
    for (const name of odd)
      expect(() => prometheusConfig({ ...spec, jobs: [{ name, alias: "app", port: 9090 }] })).toThrow("scrape job");
    expect(odd).toHaveLength(1);
    const server = await start({
      image,
      cmd: ["--config.file=/tmp/p.yml", "--storage.tsdb.path=/prometheus"],
      volumes: ["/prometheus"],
      files: { "/tmp/p.yml": config },
    });
    const ask = () => sh(server, "wget -qO- http://127.0.0.1:9090/api/v1/scrape_pools");
    // It answers before it has read its jobs.
    const { out } = await until(ask, ({ code, out: said }) => code === 0 && said.includes("quoted"));
    expect(JSON.parse(out).data.scrapePools.sort()).toEqual([...names, "prometheus"].sort());
  });
});
