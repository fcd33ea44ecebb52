/** The part images' contract, on the real engine. */
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureBaseImage } from "../../infra/images/base-image.ts";
import { CATALOG, type PartName } from "../../infra/images/catalog.ts";
import { type ImageRef, resolvePart } from "../../infra/images/resolve.ts";
import { engine, exec, MINUTE, sh, start, tidy, until } from "./images-host.ts";

beforeAll(async () => {
  await ensureBaseImage(engine);
}, 5 * MINUTE);
afterAll(tidy, MINUTE);

const uid = (container: Docker.Container) =>
  sh(container, "grep -E '^(Uid|Gid|CapEff|NoNewPrivs):' /proc/1/status | tr '\\n\\t' '  '");

describe("the parts", () => {
  const parts = {} as Record<PartName, ImageRef>;

  beforeAll(async () => {
    for (const part of Object.keys(CATALOG) as PartName[]) parts[part] = await resolvePart(engine, part, "debian");
    // Ollama is compiled, once per content.
  }, 20 * MINUTE);

  test("are named by their content and found again without a build", async () => {
    const said: string[] = [];
    const again = await resolvePart(engine, "redis", "debian", { say: (line) => said.push(line) });
    expect(again).toEqual(parts.redis);
    expect(again.name).toMatch(/^slipway\/redis:[0-9a-f]{12}$/);
    expect(again).toMatchObject({ id: expect.stringMatching(/^sha256:/), digest: undefined });
    expect(said).toEqual([]);
  });

  test.each([
    ["alertmanager", "/bin/alertmanager", "9093/tcp"],
    ["node-exporter", "/bin/node_exporter", "9100/tcp"],
    ["redis-exporter", "/redis_exporter", "9121/tcp"],
    ["postgres-exporter", "/bin/postgres_exporter", "9187/tcp"],
    ["blackbox-exporter", "/bin/blackbox_exporter", "9115/tcp"],
    ["container-exporter", "/bin/container-exporter", "9130/tcp"],
  ] as const)(
    "%s: the program and port of its contract; that they serve is the shard alerts'",
    async (part, program, port) => {
      const { Config } = await engine.getImage(parts[part].id).inspect();
      expect(Config).toMatchObject({ Entrypoint: [program], ExposedPorts: { [port]: {} } });
    },
  );

  test("redis: 999, /data, options to the server, saving kept, protected mode off", async () => {
    const { config } = await engine
      .getImage(parts.redis.id)
      .inspect()
      .then(({ Config }) => ({ config: Config }));
    expect(config).toMatchObject({
      WorkingDir: "/data",
      Cmd: ["redis-server"],
      Entrypoint: ["docker-entrypoint.sh"],
      ExposedPorts: { "6379/tcp": {} },
    });
    const redis = await start({
      image: parts.redis.id,
      user: CATALOG.redis.user,
      cmd: ["--appendonly", "yes", "--requirepass", "secret"],
      volumes: ["/data"],
    });
    const cli = (command: string) => sh(redis, `REDISCLI_AUTH=secret redis-cli ${command}`);
    expect(
      (
        await until(
          () => cli("ping"),
          ({ out }) => out === "PONG",
        )
      ).out,
    ).toBe("PONG");
    expect((await cli("set a b")).out).toBe("OK");
    expect((await cli("config get save")).out).toBe("save\n3600 1 300 100 60 10000");
    expect((await cli("config get protected-mode")).out).toBe("protected-mode\nno");
    expect((await sh(redis, "stat -c '%U:%G %n' /data /data/appendonlydir")).out).toBe(
      "redis:redis /data\nredis:redis /data/appendonlydir",
    );
    expect((await sh(redis, "command -v redis-server; command -v redis-cli")).out).toBe(
      "/usr/local/bin/redis-server\n/usr/local/bin/redis-cli",
    );
    expect((await uid(redis)).out).toBe(
      "Uid: 999 999 999 999 Gid: 999 999 999 999 CapEff: 0000000000000000 NoNewPrivs: 1",
    );
    const root = await start({ image: parts.redis.id, volumes: ["/data"], capAdd: ["SETUID", "SETGID", "CHOWN"] });
    const stepped = await until(
      () => uid(root),
      ({ out }) => out.startsWith("Uid: 999"),
    );
    expect(stepped.out).toMatch(/^Uid: 999 999 999 999 Gid: 999 999 999 999 CapEff: 0000000000000000/);
    const conf = await start({
      image: parts.redis.id,
      user: CATALOG.redis.user,
      cmd: ["/etc/redis.conf", "--port", "6380"],
      files: { "/etc/redis.conf": "maxmemory 64mb\nprotected-mode yes\n" },
      volumes: ["/data"],
    });
    const asked = () => sh(conf, "redis-cli -p 6380 config get maxmemory; redis-cli -p 6380 config get protected-mode");
    const want = "maxmemory\n67108864\nprotected-mode\nyes";
    expect((await until(asked, ({ out }) => out === want)).out).toBe(want);
  });

  test("prometheus: nobody, /prometheus, promtool, busybox's wget", async () => {
    const { Config } = await engine.getImage(parts.prometheus.id).inspect();
    expect(Config).toMatchObject({
      User: "nobody",
      WorkingDir: "/prometheus",
      Entrypoint: ["/bin/prometheus"],
      Cmd: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
      ExposedPorts: { "9090/tcp": {} },
      Volumes: { "/prometheus": {} },
    });
    const prometheus = await start({ image: parts.prometheus.id, volumes: ["/prometheus"] });
    const ready = () => exec(prometheus, "wget", "-q", "-O", "-", "http://127.0.0.1:9090/-/ready");
    expect((await until(ready, ({ code }) => code === 0)).out).toBe("Prometheus Server is Ready.");
    expect((await exec(prometheus, "/bin/promtool", "check", "config", "/etc/prometheus/prometheus.yml")).code).toBe(0);
    expect((await uid(prometheus)).out).toBe(
      "Uid: 65534 65534 65534 65534 Gid: 65534 65534 65534 65534 CapEff: 0000000000000000 NoNewPrivs: 1",
    );
  });

  test("caddy: root with NET_BIND_SERVICE alone, /data and /config, busybox's wget", async () => {
    const { Config } = await engine.getImage(parts.caddy.id).inspect();
    expect(Config).toMatchObject({
      WorkingDir: "/srv",
      Cmd: ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
      ExposedPorts: { "80/tcp": {}, "443/tcp": {}, "443/udp": {}, "2019/tcp": {} },
      Env: expect.arrayContaining(["XDG_CONFIG_HOME=/config", "XDG_DATA_HOME=/data"]),
    });
    const caddy = await start({
      image: parts.caddy.id,
      capAdd: ["NET_BIND_SERVICE"],
      volumes: ["/data", "/config"],
      files: {
        "/etc/caddy/Caddyfile": 'localhost {\n\ttls internal\n\trespond "hello"\n}\n:80 {\n\trespond "plain"\n}\n',
      },
    });
    const get = (url: string) => exec(caddy, "wget", "-q", "-O", "-", url);
    expect(
      (
        await until(
          () => get("http://127.0.0.1/"),
          ({ code }) => code === 0,
        )
      ).out,
    ).toBe("plain");
    const authority = "/data/caddy/pki/authorities/local/root.crt";
    expect(
      (
        await until(
          () => sh(caddy, `ls ${authority}`),
          ({ code }) => code === 0,
        )
      ).out,
    ).toBe(authority);
    expect((await uid(caddy)).out).toBe("Uid: 0 0 0 0 Gid: 0 0 0 0 CapEff: 0000000000000400 NoNewPrivs: 1");
    // The file capability of the official binary: without the capability it cannot even be executed.
    const refused = await start({ image: parts.caddy.id });
    expect((await refused.wait()).StatusCode).not.toBe(0);
    expect((await refused.logs({ stderr: true })).toString()).toContain("operation not permitted");
  });

  test("haproxy: 99, graceful stop, health by bash and perl as in the official image", async () => {
    const { Config } = await engine.getImage(parts.haproxy.id).inspect();
    expect(Config).toMatchObject({
      User: "haproxy",
      WorkingDir: "/var/lib/haproxy",
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
      StopSignal: "SIGUSR1",
    });
    const config = [
      "global",
      "  stats socket /var/lib/haproxy/admin.sock mode 600 level admin",
      "defaults",
      "  mode http",
      "  timeout connect 1s",
      "  timeout client 5s",
      "  timeout server 5s",
      "frontend health",
      "  bind 127.0.0.1:8405",
      "  bind :80",
      "  monitor-uri /healthz",
      "  http-request use-service prometheus-exporter if { path /metrics }",
      "",
    ].join("\n");
    const haproxy = await start({
      image: parts.haproxy.id,
      files: { "/usr/local/etc/haproxy/haproxy.cfg": config },
      tmpfs: { "/var/lib/haproxy": "uid=99,gid=99,mode=0750" },
    });
    const healthy = () =>
      exec(
        haproxy,
        "bash",
        "-c",
        'exec 3<>/dev/tcp/127.0.0.1/8405 && printf "GET /healthz HTTP/1.0\\r\\n\\r\\n" >&3 && read -r _ code _ <&3 && [ "$code" = 200 ]',
      );
    expect((await until(healthy, ({ code }) => code === 0)).code).toBe(0);
    const script =
      '$s = IO::Socket::UNIX->new("/var/lib/haproxy/admin.sock") or exit 1; print $s "show info\\n"; print grep { /^Name:/ } <$s>';
    expect((await exec(haproxy, "perl", "-MIO::Socket::UNIX", "-e", script)).out).toBe("Name: HAProxy");
    expect((await sh(haproxy, "command -v haproxy")).out).toBe("/usr/local/sbin/haproxy");
    expect((await uid(haproxy)).out).toBe("Uid: 99 99 99 99 Gid: 99 99 99 99 CapEff: 0000000000000000 NoNewPrivs: 1");
    await haproxy.stop({ t: 10 });
    expect((await haproxy.inspect()).State.ExitCode).toBe(0);
  });
});
