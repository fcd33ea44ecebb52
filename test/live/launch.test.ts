import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { label } from "../../components/container/spec.ts";
import variables from "../fixtures/tmws-variables.json" with { type: "json" };
import { engine, eventually, Outside } from "./support/host.ts";
import { previewSteps } from "./support/preview.ts";
import { type Run, run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

/** Planted in config; must be nowhere in clear but in the container that needs it. */
const canaries = {
  secretKey: randomBytes(32).toString("hex"),
  redis: randomBytes(16).toString("hex"),
  extra: `canary${randomBytes(12).toString("hex")}`,
};

let stack: TestStack;
let outside: Outside;
let launched: Run;

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  launched = await stack.slipway("start");
  if (launched.code !== 0) throw new Error(launched.output);
});
afterAll(async () => stack.destroy());

describe("from nothing to healthy by npm start", () => {
  it("ends with the URL, the parts and what to do next", () => {
    expect(launched.stdout).toContain(`https://tmws.localhost:${stack.port}`);
    for (const part of ["app", "edge", "prometheus", "redis", "switch"])
      expect(launched.stdout).toMatch(new RegExp(`^ {2}${part} .* (healthy|running) `, "m"));
    expect(launched.stdout).toContain(`npm run down -- --stack ${stack.name}`);
  });

  it("answers through https at the edge exactly as the guide says", async () => {
    const reply = await outside.healthy();
    expect(JSON.parse(reply.body)).toEqual({ status: "healthy", version: "2.4.0" });
  });

  it("gave each of 1,000 agents a FREE license of 30 days", async () => {
    expect(
      await outside.sql(
        "SELECT count(*), count(DISTINCT agent_id) FROM license_keys WHERE tier = 'FREE' AND round(julianday(expires_at) - julianday(created_at)) = 30",
      ),
    ).toBe("1000|1000");
    expect(
      await outside.sql(
        "SELECT count(*) FROM agents a JOIN license_keys k ON k.id = a.license_key_id WHERE a.license_tier = 'FREE'",
      ),
    ).toBe("1000");
    expect(launched.output).toContain("Migrated 1000 agent(s) to FREE tier");
  });

  it("left nothing of the smoke test behind", async () => {
    expect(await outside.sql("SELECT count(*) FROM agents WHERE agent_id LIKE 'slipway%'")).toBe("0");
  });

  it("is scraped by Prometheus", async () => {
    await eventually("the target is up", async () =>
      (await outside.query('up{job="tmws"}'))[0]?.value[1] === "1" ? true : undefined,
    );
    expect((await outside.query("tmws_budget_checks_total")).length).toBeGreaterThan(0);
  });

  it("has every variable of the guides in the container, and no other of its prefix", async () => {
    const { Config } = await outside.inspect("app");
    const names = Config.Env.map((line) => line.split("=")[0] ?? "").filter((name) => name.startsWith("TMWS_"));
    // From the image (reference application's own): its version and its fault, and the license API's switch, which no guide names.
    const own = ["TMWS_VERSION", "TMWS_REFERENCE_FAULT", "TMWS_LICENSE_API_ENABLED", "TMWS_LICENSE_API_PORT"];
    expect(names.filter((name) => !own.includes(name)).sort()).toEqual(
      variables.map((variable) => variable.name).sort(),
    );
  });

  it("has exactly the variables that env:export shows, beside those of its image", async () => {
    const exported = await stack.slipway("env:export");
    const shown = [...exported.stdout.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name = ""]) => name);
    const { Config, Image } = await outside.inspect("app");
    const namesOf = (env: readonly string[]) => env.map((line) => line.split("=")[0] ?? "");
    const image = namesOf((await engine.getImage(Image).inspect()).Config.Env ?? []);
    expect(
      namesOf(Config.Env)
        .filter((name) => shown.includes(name) || !image.includes(name))
        .sort(),
    ).toEqual(shown.sort());
  });

  it("shows no change in a second preview", async () => {
    const preview = await stack.slipway("preview", "--expect-no-changes");
    expect(preview.output).toContain("unchanged");
    expect(preview.output).not.toContain("Undefined value");
    expect(preview.code).toBe(0);
  });
});

describe("limits and hardening, read from the engine", () => {
  it("publishes nothing but the edge", async () => {
    for (const container of await outside.containers()) {
      const { HostConfig } = await engine.getContainer(container.Id).inspect();
      expect(HostConfig.PortBindings ?? {}, container.Names[0]).toEqual({});
      expect(HostConfig.NetworkMode === "host", container.Names[0]).toBe(container.Labels[label.part] === "edge");
    }
  });

  it("runs the app as uid 1000 within the small tier", async () => {
    expect(await outside.exec("app", "id", "-u")).toBe("1000");
    const { HostConfig, Config } = await outside.inspect("app");
    expect({ cpus: HostConfig.NanoCpus, memory: HostConfig.Memory, pids: HostConfig.PidsLimit }).toEqual({
      cpus: 2e9,
      memory: 2048 * 1024 ** 2,
      pids: 256,
    });
    expect(Config.Healthcheck).toMatchObject({ Interval: 30e9, Timeout: 5e9, StartPeriod: 10e9, Retries: 3 });
  });

  it.each(["app", "redis", "prometheus", "switch", "edge"])("hardens %s", async (part) => {
    const { HostConfig } = await outside.inspect(part);
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      RestartPolicy: { Name: "unless-stopped" },
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    });
    expect(HostConfig.CapAdd ?? []).toEqual(part === "edge" ? ["NET_BIND_SERVICE"] : []);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(HostConfig.NanoCpus).toBeGreaterThan(0);
    expect(HostConfig.Memory).toBeGreaterThan(0);
  });

  it("asks Redis for its password", async () => {
    expect(await outside.exec("redis", "redis-cli", "ping")).toContain("NOAUTH");
    expect(
      await outside.exec(
        "redis",
        "sh",
        "-c",
        'REDISCLI_AUTH="$(cat /usr/local/etc/redis/password)" redis-cli --user operator config get appendonly',
      ),
    ).toContain("yes");
  });
});

describe("a change of config", () => {
  it("of one app variable touches rollout and smoke test only, and the data stay", async () => {
    await stack.set(["slipway:app"], { apiKeyExpireDays: 45 });
    expect(await previewSteps(stack)).toEqual(["update rollout", "update smoke-test"]);
    const up = await stack.slipway("start");
    expect(up.code, up.output).toBe(0);
    expect((await outside.inspect("app")).Config.Env).toContain("TMWS_API_KEY_EXPIRE_DAYS=45");
    expect(await outside.sql("SELECT count(*) FROM license_keys")).toBe("1000");
    await outside.healthy();
  });

  it("of the health check really reaches the container", async () => {
    await stack.set(["slipway:health"], { intervalSeconds: 7 });
    const up = await stack.slipway("start");
    expect(up.code, up.output).toBe(0);
    expect((await outside.inspect("app")).Config.Healthcheck?.Interval).toBe(7e9);
    expect((await stack.slipway("preview", "--expect-no-changes")).code).toBe(0);
  });

  it("keeps the previous release stopped and no other", async () => {
    const states = (await outside.workloads()).map((each) => each.State).sort();
    expect(states).toEqual(["exited", "running"]);
  });
});

/** Every command line that any process of the machine has while something runs. */
async function commandLinesUntil(end: Promise<void>): Promise<string> {
  const seen = new Set<string>();
  let ended = false;
  const noticed = end.then(() => {
    ended = true;
  });
  while (!ended) {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    // One that has ended meanwhile has no command line any more.
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
    for (const line of lines) seen.add(line.replaceAll("\0", " "));
    await Promise.race([noticed, pause(50)]);
  }
  return [...seen].join("\n");
}

describe("canary secrets", () => {
  it("are in no plan, log, process list, image, or state in clear", async () => {
    await stack.setSecret("slipway:app.secretKey", canaries.secretKey);
    await stack.setSecret("slipway:redis.password", canaries.redis);
    await stack.setSecret("slipway:app.secretEnv.TMWS_CANARY", canaries.extra);
    const preview = await stack.slipway("preview", "--diff");
    const starting = stack.begin("start", "--diff", "--show-config");
    const processes = await commandLinesUntil(starting.exited);
    const up = await starting.done;
    expect(up.code, up.output.slice(-3000)).toBe(0);
    expect((await outside.inspect("app")).Config.Env).toContain(`TMWS_CANARY=${canaries.extra}`);
    const state = await readFile(
      join(stack.state, "slipway", "stacks", ".pulumi", "stacks", "slipway", `${stack.name}.json`),
      "utf8",
    );
    const app = await outside.inspect("app");
    const history = JSON.stringify(await engine.getImage(app.Image).history());
    const logs = (await Promise.all((await outside.containers()).map((each) => run("docker", ["logs", each.Id])))).map(
      (each) => each.output,
    );
    // Else nothing was looked at: the engine's own process names the stack.
    expect(processes).toContain(stack.name);
    const places = {
      preview: preview.output,
      up: up.output,
      state,
      history,
      processes,
      logs: logs.join("\n"),
      config: await readFile(stack.file, "utf8"),
    };
    for (const [place, text] of Object.entries(places)) {
      for (const [name, canary] of Object.entries(canaries))
        expect(text.includes(canary), `${name} in ${place}`).toBe(false);
    }
    expect(state).toContain("ciphertext");
  });
});

describe("bad configs on the real engine", () => {
  it.each([
    ["an unknown key", ["slipway:edge", "htpsPort"], 8443, "slipway:edge.htpsPort"],
    ["a port out of range", ["slipway:edge", "httpsPort"], 70_000, "slipway:edge.httpsPort"],
    ["a secret in clear", ["slipway:redis", "password"], "0123456789abcdef0123", "slipway:redis.password"],
    ["a placeholder", ["slipway:app", "extraEnv"], { TMWS_NOTE: "CHANGE_THIS_NOTE" }, "slipway:app.extraEnv"],
    ["strictness of production on local options", ["slipway:environment"], "production", "slipway:edge.domain"],
  ])("%s is refused by name, and nothing is touched", async (_, path, value, named) => {
    const restore = await stack.saved();
    const before = await outside.fingerprint();
    try {
      await stack.set(path, value);
      const up = await stack.slipway("start");
      expect(up.code).not.toBe(0);
      expect(up.output).toContain(named);
      expect(await outside.fingerprint()).toEqual(before);
    } finally {
      await restore();
    }
  });
});

describe("a port of the edge that somebody holds", () => {
  it("is refused with its holder, before anything is made", async () => {
    const holder = createServer();
    const other = await TestStack.make();
    await new Promise<void>((resolve) => holder.listen(other.port, "127.0.0.1", resolve));
    try {
      const up = await other.slipway("start");
      expect(up.code).not.toBe(0);
      expect(up.output).toMatch(new RegExp(`port ${other.port} of the host is held by .*process ${process.pid}`));
      expect(await new Outside(other).containers()).toEqual([]);
    } finally {
      await new Promise((resolve) => holder.close(resolve));
      await other.destroy();
    }
  });

  it("is refused with the container's name when another stack holds it", async () => {
    const other = await TestStack.make();
    try {
      await other.set(["slipway:edge", "httpsPort"], stack.port);
      const up = await other.slipway("start");
      expect(up.code).not.toBe(0);
      expect(up.output).toContain(`held by container slipway-${stack.name}_edge`);
    } finally {
      await other.destroy();
    }
  });
});

describe("plain pulumi", () => {
  it("works after eval of npm run env", async () => {
    const output = await stack.pulumi("stack", "output", "url");
    expect(output.stdout.trim()).toBe(`https://tmws.localhost:${stack.port}`);
    const preview = await stack.pulumi("preview", "--expect-no-changes");
    expect(preview.code, preview.output).toBe(0);
  });
});

describe("a host below the system's minimum", () => {
  it("is refused outside local, and accepted with a reason, which the stack's output keeps", async () => {
    const restore = await stack.saved();
    const before = await outside.fingerprint();
    try {
      await stack.set(["slipway:environment"], "staging");
      await stack.set(["slipway:edge", "tls"], { mode: "internal" });
      const refused = await stack.slipway("preview");
      expect(refused.code).not.toBe(0);
      expect(refused.output).toMatch(
        /the host runs Docker \S+, the system's minimum is 24\.0 .*slipway:preflight\.override/,
      );
      expect(await outside.fingerprint()).toEqual(before);
      await stack.set(["slipway:preflight", "override"], "the host of a test");
      const up = await stack.slipway("start");
      expect(up.code, up.output).toBe(0);
      const kept = await stack.pulumi("stack", "output", "preflight", "--json");
      expect(JSON.parse(kept.stdout)).toEqual({ overridden: "the host of a test" });
    } finally {
      await restore();
    }
  });
});
