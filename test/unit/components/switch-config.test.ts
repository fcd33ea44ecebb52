import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toProvider } from "../../../components/container/docker.ts";
import { toEngine } from "../../../components/container/engine-api.ts";
import { switchConfig } from "../../../components/switch/config.ts";
import { certificateFile, switchFiles } from "../../../components/switch/files.ts";
import { backendsOf } from "../../../components/switch/names.ts";
import { type SwitchSpec, switchContainer } from "../../../components/switch/spec.ts";
import { gatedRoutes } from "../../../infra/platforms/routes.ts";
import { systemOf } from "../../../infra/systems/index.ts";
import { productionSettings } from "../../fixtures/settings.ts";

const place = { stack: "s", system: "aidis" };
const plain: SwitchSpec = {
  image: "sha256:image",
  network: "slipway-s_private",
  limits: { cpus: 0.5, memoryMb: 256, pids: 64 },
  routes: [],
  tcp: [],
  slots: 2,
  holdSeconds: 75,
  clients: { bodyMb: 100, slowSeconds: 10, requestsPerMinute: 0 },
};
const mcp = { alias: "mcp", port: 3001, listen: 3001 };
const web = { host: "a.localhost", alias: "web", port: 8000 };

/** The sections whose first line begins so, in order. */
function sections(config: string, ...heads: readonly string[]): readonly string[] {
  return config.split("\n\n").filter((section) => heads.some((head) => section.startsWith(head)));
}

test("a system that uses none of the switch's later arts has the config of old, to the letter: another replaces its switch", () => {
  const system = systemOf(productionSettings);
  const spec = { ...plain, routes: gatedRoutes(system), tcp: system.tcp, slots: 32 };
  expect(switchConfig(spec)).toBe(readFileSync(new URL("../../fixtures/switch.tmws.cfg", import.meta.url), "utf8"));
  expect(switchFiles(spec).map(({ path }) => path)).toEqual(["haproxy.cfg"]);
  const container = switchContainer(place, spec);
  expect(container.network).toEqual([{ name: "slipway-s_private", aliases: ["switch"] }]);
  expect(toProvider(container)).not.toHaveProperty("ports");
  expect(toEngine(container).HostConfig).not.toHaveProperty("PortBindings");
});

describe("raw TCP", () => {
  test("backends come after those of http, whose names and ports stay", () => {
    expect(backendsOf([web], [mcp, { alias: "web", port: 9000, listen: 9001 }])).toEqual([
      { name: "web-8000", alias: "web", port: 8000 },
      { name: "mcp-3001", alias: "mcp", port: 3001, listen: 3001 },
      { name: "web-9000", alias: "web", port: 9000, listen: 9001 },
    ]);
  });

  test("a frontend on the private network, slots that hold, candidates on the next port", () => {
    const config = switchConfig({ ...plain, routes: [web], tcp: [{ ...mcp, listen: 3000 }] });
    const client = ["  mode tcp", "  option tcplog", "  timeout client 1h", "  timeout client-fin 10s"];
    const backend = (name: string) => [
      `backend ${name}`,
      "  mode tcp",
      "  timeout server 1h",
      "  server hold 127.0.0.1:9 backup",
      "  server-template slot 1-2 unset.invalid:3001 resolvers engine init-addr last,none disabled",
    ];
    const found = sections(
      config,
      "frontend tcp",
      "frontend public",
      "backend mcp",
      "frontend candidate-mcp",
      "backend candidate-mcp",
    );
    expect(found).toEqual(
      [
        ["frontend tcp-3000", "  bind :3000", ...client, "  default_backend mcp-3001"],
        backend("mcp-3001"),
        ["frontend candidate-mcp-3001", "  bind :8481", ...client, "  default_backend candidate-mcp-3001"],
        backend("candidate-mcp-3001"),
      ].map((lines) => lines.join("\n")),
    );
  });

  test("http is as it was beside it", () => {
    const without = switchConfig({ ...plain, routes: [web] }).split("\n\n");
    const config = switchConfig({ ...plain, routes: [web], tcp: [mcp] }).split("\n\n");
    expect(without.filter((section) => !config.includes(section))).toEqual([]);
  });

  test.each([
    [
      [{ ...mcp, listen: 8405 }],
      "the raw TCP route 8405 to mcp:3001: the switch itself listens on 8405; choose another",
    ],
    [
      [{ ...mcp, listen: 8481 }],
      "the raw TCP route 8481 to mcp:3001: the switch itself listens on 8481; choose another",
    ],
    [[mcp, { ...mcp, port: 3002 }], "the raw TCP route 3001 to mcp:3001: 3001 has two routes"],
    [
      [mcp, { ...mcp, listen: 3002 }],
      "the raw TCP route 3001 to mcp:3001: mcp:3001 has two raw TCP routes, one is enough",
    ],
    [
      [{ alias: "web", port: 8000, listen: 3001 }],
      "the raw TCP route 3001 to web:8000: a host name leads to web:8000 already; a port speaks http or raw TCP",
    ],
  ])("a definition that cannot work is refused: %#", (tcp, words) => {
    expect(() => switchConfig({ ...plain, routes: [web], tcp })).toThrow(words);
  });

  test("without host names the control port is what a healthy switch answers on", () => {
    expect(switchContainer(place, { ...plain, tcp: [mcp] }).health?.test).toEqual([
      "CMD-SHELL",
      "bash -c ': < /dev/tcp/127.0.0.1/9999'",
    ]);
  });
});

describe("public raw TCP", () => {
  const open: SwitchSpec = {
    ...plain,
    tcp: [mcp],
    public: {
      bind: "0.0.0.0",
      allow: ["127.0.0.0/8", "203.0.113.0/24", "127.0.0.1/32"],
      listeners: [{ listen: 3001, port: 4001 }],
    },
  };

  test("who is not on the list is refused before TLS", () => {
    expect(sections(switchConfig(open), "frontend public")).toEqual([
      [
        "frontend public-3001",
        "  bind :8580 ssl crt /usr/local/etc/haproxy/tcp.pem ssl-min-ver TLSv1.2",
        "  mode tcp",
        "  option tcplog",
        "  timeout client 1h",
        "  timeout client-fin 10s",
        "  timeout client-hs 10s",
        "  tcp-request connection reject unless { src -f /usr/local/etc/haproxy/tcp-allow }",
        "  default_backend mcp-3001",
      ].join("\n"),
    ]);
  });

  test("the loopback stands in the list as the gateway, which must be known then", () => {
    expect(switchFiles(open, "172.22.0.1")[1]).toEqual({
      path: "tcp-allow",
      type: "file",
      content: "172.22.0.1/32\n203.0.113.0/24\n",
      mode: 0o444,
      uid: 99,
      gid: 99,
    });
    expect(() => switchFiles(open)).toThrow("the gateway of the public network is not known");
    const { public: published } = open;
    if (published === undefined) throw new Error("it is public");
    const remote = { ...open, public: { ...published, allow: ["203.0.113.0/24"] } };
    expect(switchFiles(remote)[1]?.content).toBe("203.0.113.0/24\n");
  });

  test("the switch publishes the port, on a network of its own that is not internal", () => {
    const container = switchContainer(place, open);
    expect(container.network).toEqual([
      { name: "slipway-s_private", aliases: ["switch"] },
      { name: "slipway-s_public", aliases: [] },
    ]);
    expect(toProvider(container).ports).toEqual([{ internal: 8580, external: 4001, ip: "0.0.0.0" }]);
    const { ExposedPorts, HostConfig } = toEngine(container);
    expect(ExposedPorts).toEqual({ "8580/tcp": {} });
    expect(HostConfig?.PortBindings).toEqual({ "8580/tcp": [{ HostIp: "0.0.0.0", HostPort: "4001" }] });
  });

  test("chain and key are one file for HAProxy alone, without an empty line, which would end it at run time", () => {
    expect(certificateFile(place, open, { certificate: "\nLEAF\r\n\nCA\n", key: "KEY" })).toEqual({
      path: "tcp.pem",
      type: "file",
      content: "LEAF\nCA\nKEY\n",
      mode: 0o400,
      uid: 99,
      gid: 99,
    });
  });
});

describe("what a client may ask for", () => {
  const limited = { requestsPerMinute: 3000, bodyMb: 1, slowSeconds: 20 };

  test("a limit counts the address that the edge saw, refuses first of all, and has one table for all host names", () => {
    const hidden = { ...web, private: ["/metrics"] };
    const config = switchConfig({ ...plain, routes: [hidden, { ...web, host: "b.localhost" }], clients: limited });
    const [frontend = "", ...others] = sections(config, "frontend route");
    const rules = frontend.split("\n").slice(2);
    expect(rules.slice(0, 2)).toEqual([
      "  http-request track-sc0 hdr_ip(x-forwarded-for,-1),ipmask(32,64) table clients",
      String.raw`  http-request return status 429 content-type text/plain string "Too many requests\n" hdr Retry-After 10 if { sc_http_req_rate(0) gt 3000 }`,
    ]);
    expect(rules.slice(-3)).toEqual([
      "  http-request return status 413 if { req.hdr_val(content-length) gt 1048576 }",
      "  http-request wait-for-body time 20s",
      "  default_backend web-8000",
    ]);
    expect(others.map((each) => each.includes("track-sc0"))).toEqual([true]);
    expect(sections(config, "backend clients")).toEqual([
      "backend clients\n  stick-table type ipv6 size 50k expire 1m store http_req_rate(1m)",
    ]);
  });

  test("none, no table; what the private network asks is never limited", () => {
    expect(switchConfig({ ...plain, routes: [web] })).not.toMatch(/clients|429/);
    const config = switchConfig({ ...plain, routes: [web], tcp: [mcp], clients: limited });
    for (const section of sections(config, "frontend candidate", "frontend tcp", "frontend metrics"))
      expect(section).not.toMatch(/track-sc0|wait-for-body/);
  });
});

describe("private paths", () => {
  test("stand on the users' frontend of their host alone", () => {
    const hidden = { ...web, private: ["/metrics", "/api/v1.0/diagnostics"] };
    const config = switchConfig({ ...plain, routes: [hidden, { ...web, host: "b.localhost" }] });
    expect(sections(config, "frontend route0")).toEqual([
      [
        "frontend route0",
        "  bind unix@/run/slipway/a.localhost/http.sock mode 666",
        String.raw`  http-request set-var(txn.path) 'path,url_dec,regsub("\\\\","/",g),regsub(";[^/]*","",g),regsub("/(\.?/)+","/",g),regsub("/\.?$","",g)'`,
        "  http-request return status 404 unless { var(txn.path) -m found }",
        String.raw`  http-request return status 404 if { var(txn.path) -m reg '/\.\.(/|$)' }`,
        String.raw`  http-request return status 404 if { var(txn.path) -m reg -i '^/metrics([/[:cntrl:][:space:]]|$)|^/api/v1\.0/diagnostics([/[:cntrl:][:space:]]|$)' }`,
        "  http-request return status 413 if { req.hdr_val(content-length) gt 104857600 }",
        "  http-request wait-for-body time 10s",
        "  default_backend web-8000",
      ].join("\n"),
    ]);
    expect(config.split("http-request set-var")).toHaveLength(2);
  });

  test.each(["metrics", "/", "/metrics/", "/a b", "/a'b", "/../a", "//a", "/a|b"])("%s is no private path", (path) => {
    expect(() => switchConfig({ ...plain, routes: [{ ...web, private: [path] }] })).toThrow(`private path "${path}"`);
  });
});

describe("readiness", () => {
  const duty = {
    kind: "web",
    port: 8000,
    healthPath: "/health",
    healthy: {},
    healthCommand: ["true"],
    readyPath: "/health/ready",
  } as const;
  const workload = { name: "web", replicas: 1, user: "1:1", env: {}, volumes: [], tmpfs: [] };

  test("the path travels from the workload's duty to each route that leads to it", () => {
    const routes = [web, { ...web, host: "b.localhost", port: 8001 }, { ...web, host: "c.localhost", alias: "other" }];
    const { readyPath: _, ...silent } = duty;
    const workloads = [
      { ...workload, duty },
      { ...workload, name: "other", duty: silent },
    ];
    const ready = { path: "/health/ready", port: 8000 };
    expect(gatedRoutes({ routes, workloads })).toEqual([{ ...routes[0], ready }, { ...routes[1], ready }, routes[2]]);
  });

  test("users' slots are asked, candidates' are not", () => {
    const ready = { path: "/health/ready", port: 8001 };
    const config = switchConfig({ ...plain, routes: [{ ...web, ready }] });
    const slot = "  server-template slot 1-2 unset.invalid:8000 resolvers engine init-addr last,none disabled";
    expect(sections(config, "backend")).toEqual([
      [
        "backend web-8000",
        "  option httpchk",
        "  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host localhost",
        "  http-check expect status 200-299",
        "  timeout check 2s",
        "  server hold 127.0.0.1:9 backup",
        `${slot} check port 8001 inter 2s fastinter 500ms downinter 500ms fall 2 rise 1`,
      ].join("\n"),
      ["backend candidate-web-8000", "  server hold 127.0.0.1:9 backup", slot].join("\n"),
    ]);
  });
});
