/** What `npm run status`, `logs` and `exec` say of a real stack, healthy and in trouble: TMWS on SQLite and Redis. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Report, report } from "../../ops/status/report.ts";
import { Browser } from "./support/browser.ts";
import { engine, eventually, Outside } from "./support/host.ts";
import { type Run, type Running, run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

const pictures = mkdtempSync(join(tmpdir(), "slipway-status-"));
let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  const launched = await stack.slipway("start");
  if (launched.code !== 0) throw new Error(launched.output);
  await outside.healthy();
});
afterAll(async () => {
  await stack.destroy();
  await rm(pictures, { recursive: true });
});

async function json(code: number): Promise<Report> {
  const { output, stdout, code: ended } = await stack.slipway("status", "--json");
  expect(ended, output).toBe(code);
  return report.strict().parse(JSON.parse(stdout));
}

/** `npm run exec -- --stack NAME PART COMMAND...` */
const execute = (...words: readonly string[]): Promise<Run> => stack.slipway("exec", ...words);

/** A line in a container's own log. */
async function say(line: string): Promise<void> {
  await outside.exec("app", "sh", "-c", 'echo "$0" > /proc/1/fd/1', line);
}

/** The running containers of a part are stopped meanwhile. */
async function without(part: string, work: () => Promise<void>): Promise<void> {
  const { Id } = await outside.inspect(part);
  await engine.getContainer(Id).stop({ t: 10 });
  try {
    await work();
  } finally {
    await engine.getContainer(Id).start();
  }
}

describe("a healthy stack", () => {
  it("is healthy by exit code, and everything is there", async () => {
    const before = await outside.fingerprint();
    const found = await json(0);
    const { Id, Image, Name } = await outside.inspect("app");
    expect(found).toMatchObject({
      stack: stack.name,
      system: "tmws",
      url: `https://tmws.localhost:${stack.port}`,
      healthy: true,
      problems: [],
      unanswered: [],
      release: { version: "2.4.0", image: Image, proved: true, schemaRevision: "20251124_v2_license", previous: null },
      rollout: { deviation: null, open: null, baking: null, lease: null },
      database: { kind: "sqlite", connected: true, revision: "20251124_v2_license", wanted: "20251124_v2_license" },
      backup: { sets: 1 },
    });
    expect(found.parts.map(({ part, state }) => [part, state])).toEqual(
      ["app", "edge", "prometheus", "redis", "switch"].map((part) => [part, "running"]),
    );
    const [app] = found.parts;
    expect(app).toMatchObject({ container: Name.slice(1), health: "healthy", restarts: 0, ready: true });
    expect(app?.says).toEqual({ status: "healthy", version: "2.4.0" });
    expect(app?.memoryLimitBytes).toBe(2048 * 1024 ** 2);
    const { StartedAt } = (await engine.getContainer(Id).inspect()).State;
    expect(Math.abs((app?.ageSeconds ?? 0) - (Date.parse(found.at) - Date.parse(StartedAt)) / 1000)).toBeLessThan(30);
    // The look changed nothing, and left no container behind.
    expect(await outside.fingerprint()).toEqual(before);
  });

  it("tells the edge's certificate, that a client trusts it, and the host as it is", async () => {
    const { certificates, host, triggers } = await json(0);
    const [edge] = certificates;
    expect(edge).toMatchObject({ name: "tmws.localhost", source: "edge", trusted: true, due: false });
    expect(edge?.daysLeft).toBeGreaterThan(0.3);
    expect(edge?.daysLeft).toBeLessThan(0.51);
    const { MemTotal, NCPU, ServerVersion } = await engine.info();
    expect(host).toMatchObject({ cores: NCPU, docker: ServerVersion, memoryBytes: MemTotal });
    expect(triggers.map(({ name }) => name)).toEqual(["5xx answers of app-8000", "request latency of app-8000"]);
  });

  it("counts requests exactly, and its own look is none", async () => {
    const { golden: before } = await json(0);
    for (let at = 0; at < 25; at += 1) await outside.https("GET", "/health");
    const { golden: after } = await json(0);
    expect((after?.requests ?? 0) - (before?.requests ?? 0)).toBe(25);
    expect(after).toMatchObject({ errorRatio: 0 });
    expect(after?.p99Ms).toBeGreaterThanOrEqual(after?.p50Ms ?? Number.POSITIVE_INFINITY);
  });

  it("is told in words too", async () => {
    const { code, stdout } = await stack.slipway("status");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^tmws \\(stack ${stack.name}\\): healthy {2}https://tmws.localhost:${stack.port}\n`),
    );
    expect(stdout).toMatch(/^ {2}release {6}r\d+-\d+-[0-9a-f]{4}, version 2\.4\.0, proved, since /m);
    expect(stdout).toMatch(/^ {2}backup {7}\d+T\d+Z-backup-point, /m);
  });

  it("is drawn on a page that a browser shows in light and dark, wide and narrow", async () => {
    const file = join(pictures, "status.html");
    expect((await stack.slipway("status", "--html", file)).code).toBe(0);
    const browser = await Browser.start();
    try {
      for (const scheme of ["light", "dark"] as const) {
        for (const width of [1200, 390]) {
          const page = await browser.open(file, { width, scheme });
          await page.screenshot(join(pictures, `${scheme}-${width}.png`));
          expect(page.complaints).toEqual([]);
          expect(await page.ask("document.querySelectorAll('canvas').length")).toBe(4);
          expect(await page.ask("document.documentElement.scrollWidth")).toBe(width);
        }
      }
    } finally {
      await browser.close();
    }
  });
});

describe("a stack in trouble", () => {
  it("names a part that is stopped, and is healthy again with it", async () => {
    await without("redis", async () => {
      const { healthy, problems } = await json(1);
      expect(healthy).toBe(false);
      expect(problems).toContainEqual({ part: "redis", what: "is stopped (it ended with 0)" });
      // The product says so of itself as well; when the engine has asked it often enough, the engine does too.
      expect(problems.find(({ part }) => part === "app")?.what).toMatch(
        /is (not ready by its own answer|unhealthy): wanted status 200, got 503 /,
      );
      const { code, stdout } = await stack.slipway("status");
      expect(code).toBe(1);
      expect(stdout).toContain("\n  redis: is stopped (it ended with 0)\n");
    });
    await eventually("it is healthy again", async () =>
      (await stack.slipway("status")).code === 0 ? true : undefined,
    );
  });

  it("names the replica that is stopped, the database behind it, and the deviation", async () => {
    await without("app", async () => {
      const { problems, parts } = await json(1);
      expect(problems.map(({ part }) => part)).toEqual(["app", "release", "database"]);
      expect(problems[0]?.what).toMatch(/^slipway-.*_app-r\S+-0 is stopped \(it ended with \d+\)$/);
      expect(problems[1]?.what).toMatch(/^the container app-r\S+-0 of release r\S+ is stopped$/);
      expect(parts[0]).toMatchObject({ part: "app", state: "stopped", ready: null });
    });
    await eventually("it is healthy again", async () =>
      (await stack.slipway("status")).code === 0 ? true : undefined,
    );
  });

  it("a part that does not run is named, and not waited for", async () => {
    await without("prometheus", async () => {
      const { problems, unanswered } = await json(1);
      expect(problems).toEqual([{ part: "prometheus", what: "is stopped (it ended with 0)" }]);
      expect(unanswered).toEqual([]);
    });
  });

  it("says 2 where it cannot look", async () => {
    const nobody = await run("node", ["toolchain/slipway.mjs", "status", "--stack", "nobody-has-this"], stack.env);
    expect(nobody.code).toBe(2);
    expect(nobody.output).toContain(
      "slipway status: could not look at stack nobody-has-this: there is none of that name in this state; `npm start -- --stack nobody-has-this` makes it",
    );
  });
});

describe("logs", () => {
  it("are of all replicas, each line with its name", async () => {
    await say("a line of the test");
    const { code, stdout } = await stack.slipway("logs", "app", "--tail", "200");
    expect(code).toBe(0);
    // Fewer when they are asked for; which ones is the product's affair, that speaks all the time.
    expect((await stack.slipway("logs", "app", "--tail", "5")).stdout.trimEnd().split("\n")).toHaveLength(5);
    expect(stdout).toMatch(/^app-r\d+-\d+-[0-9a-f]{4}-0 \| a line of the test$/m);
  });

  it("--since and --grep: what fits, and no older line", async () => {
    const { StartedAt } = (await outside.inspect("app")).State;
    const mark = `mark-${Date.now()}`;
    for (const place of [1, 2, 3]) await say(`${mark} ${place}`);
    const wanted = await stack.slipway("logs", "app", "--since=10m", "--grep", `${mark} [23]$`);
    expect(wanted.stdout.match(/mark-\d+ \d/g)).toEqual([`${mark} 2`, `${mark} 3`]);
    const last = await stack.slipway("logs", "app", "--grep", mark, "--tail", "1");
    expect(last.stdout.match(/mark-\d+ \d/g)).toEqual([`${mark} 3`]);
    const before = (Date.now() - Date.parse(StartedAt)) / 1000 + 3600;
    expect(
      (await stack.slipway("logs", "app", `--since=${before}s`, "--grep", mark)).stdout.match(/mark-/g),
    ).toHaveLength(3);
    expect((await stack.slipway("logs", "app", "--since", "0s", "--grep", mark)).stdout).toBe("");
  });

  it("show no secret of the stack", async () => {
    const secret = await outside.exec("app", "printenv", "TMWS_SECRET_KEY");
    const redis = new URL(await outside.exec("app", "printenv", "TMWS_REDIS_URL")).password;
    await say(`leaked: ${secret} and ${redis}, as ERROR`);
    const { stdout } = await stack.slipway("logs", "app", "--grep", "leaked");
    expect(stdout).toMatch(/leaked: \*\*\* and \*\*\*, as ERROR\n$/);
    // Nor is it to be found by trying.
    expect((await stack.slipway("logs", "app", "--grep", secret.slice(0, 12))).stdout).toBe("");
    const { output } = await stack.slipway("status", "--json");
    expect(output).toContain("leaked: *** and ***, as ERROR");
    for (const known of [secret, redis]) expect(output).not.toContain(known);
  });

  it("--follow: each line as it comes, also after the container was started again", async () => {
    const following: Running = stack.begin("logs", "app", "--follow", "--grep", "follow-");
    const seen = (text: string) =>
      eventually(`${text} is followed`, async () => (following.output().includes(text) ? true : undefined));
    try {
      await eventually("it follows", async () => {
        await say("follow-begin");
        return following.output().includes("follow-begin") ? true : undefined;
      });
      await say("follow-one");
      await seen("follow-one");
      const { Id } = await outside.inspect("app");
      await engine.getContainer(Id).restart({ t: 10 });
      await say("follow-two");
      await seen("follow-two");
      expect(following.output().match(/follow-(one|two)/g)).toEqual(["follow-one", "follow-two"]);
    } finally {
      following.child.kill();
      await following.done;
    }
    await outside.healthy();
  });

  it("of a part have no prefix; of a step they are what it found out", async () => {
    expect((await stack.slipway("logs", "redis", "--tail", "all")).stdout).toMatch(
      /^\d+:M .* Ready to accept connections/m,
    );
    const { stdout } = await stack.slipway("logs", "smoke-test");
    expect(stdout).toContain("proved: healthy through the edge\n");
    expect((await stack.slipway("logs", "rollout", "--grep", "^migrated")).stdout).toBe(
      "migrated: Migrated 1000 agent(s) to FREE tier\n",
    );
  });

  it("of what there is not: the list of what there is", async () => {
    const { code, output } = await stack.slipway("logs", "postgres");
    expect(code).toBe(1);
    expect(output).toBe(
      `slipway logs: stack ${stack.name} has no part "postgres"; there are app, edge, prometheus, redis, switch; ` +
        "steps, by what their last run found out: backup-point, migration, rollout, smoke-test\n",
    );
  });
});

describe("exec", () => {
  it("runs the product's own commands in the serving container", async () => {
    const { code, stdout } = await execute("app", "tmws", "license", "list", "--status", "active");
    expect(code).toBe(0);
    expect(stdout.match(/^agent-\d{4}\tFREE\t/gm)).toHaveLength(1000);
  });

  it("gives a store's client its password, and no command line has it", async () => {
    const { stdout } = await execute("redis", "redis-cli", "ping");
    expect(stdout).toBe("PONG\n");
    const password = await outside.exec("redis", "cat", "/usr/local/etc/redis/password");
    const looked = await execute(
      "redis",
      "sh",
      "-c",
      "printenv REDISCLI_AUTH; cat /proc/[0-9]*/cmdline | tr '\\0' ' '",
    );
    expect(looked.stdout.split("\n")[0]).toBe(password);
    expect(looked.stdout.split("\n").slice(1).join("\n")).not.toContain(password);
  });

  it("passes the command's options, streams and exit code through", async () => {
    const found = await execute(
      "app",
      "sh",
      "-c",
      'echo out; echo err >&2; echo "$@"; exit 7',
      "sh",
      "--stack",
      "x",
      "--json",
    );
    expect([found.code, found.stdout]).toEqual([7, "out\n--stack x --json\n"]);
    expect(found.output).toContain("err\n");
    const missing = await execute("app", "no-such-command");
    expect([126, 127]).toContain(missing.code);
  });

  it("passes its input through, and ends with the command while somebody still writes", async () => {
    const words = `exec --stack ${stack.name} app`;
    const piped = await run("bash", ["-c", `printf 'a\\nb\\n' | node toolchain/slipway.mjs ${words} wc -l`], stack.env);
    expect([piped.code, piped.stdout]).toEqual([0, "2\n"]);
    const flooded = await run("bash", ["-c", `yes | node toolchain/slipway.mjs ${words} head -c 4`], stack.env);
    expect([flooded.code, flooded.stdout]).toEqual([0, "y\ny\n"]);
  });

  it("has a terminal where it is called from one", async () => {
    const command = `node toolchain/slipway.mjs exec --stack ${stack.name} app sh -c 'tty && exit 3'`;
    const { code, stdout } = await run("script", ["--quiet", "--return", "--command", command, "/dev/null"], stack.env);
    expect(stdout).toContain("/dev/pts/");
    expect(code).toBe(3);
    expect((await execute("app", "tty")).stdout).toBe("not a tty\n");
  });

  it("refuses what there is not with the list of what there is", async () => {
    const { code, output } = await execute("postgres", "psql");
    expect(code).toBe(1);
    expect(output).toBe(
      `slipway exec: stack ${stack.name} has no part "postgres"; there are app, edge, prometheus, redis, switch\n`,
    );
  });
});
