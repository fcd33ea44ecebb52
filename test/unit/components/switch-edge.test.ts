import { describe, expect, test } from "vitest";
import { caddyfile } from "../../../components/edge/caddyfile.ts";
import { certificateFiles, edgeFiles, rootsFiles } from "../../../components/edge/files.ts";
import { type EdgeSpec, edgeContainer } from "../../../components/edge/spec.ts";
import { switchConfig } from "../../../components/switch/config.ts";
import { stateDirectory, switchFiles } from "../../../components/switch/files.ts";
import { switchContainer, switchUid } from "../../../components/switch/spec.ts";

const place = { stack: "local", system: "tmws" };
const base = {
  image: "sha256:image",
  network: "slipway-local_private",
  limits: { cpus: 0.5, memoryMb: 256, pids: 64 },
};
const labels = (part: string) => ({
  "slipway.stack": "local",
  "slipway.system": "tmws",
  "slipway.part": part,
  "slipway.role": "part",
});
const common = {
  image: "sha256:image",
  env: {},
  tmpfs: ["/tmp"],
  limits: base.limits,
  capabilities: [],
  restart: "unless-stopped",
};

describe("switch", () => {
  const spec = {
    ...base,
    routes: [
      { host: "tmws.localhost", alias: "app", port: 8000 },
      { host: "license.tmws.localhost", alias: "app", port: 8001 },
      { host: "www.tmws.localhost", alias: "app", port: 8000 },
    ],
    tcp: [],
    slots: 2,
    holdSeconds: 75,
    clients: { bodyMb: 100, slowSeconds: 10, requestsPerMinute: 0 },
  };

  test("its container: healthy when each socket is there, SIGUSR1 lets requests end", () => {
    expect(switchContainer(place, spec)).toEqual({
      ...common,
      name: "slipway-local_switch",
      command: ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
      user: "99:99",
      mounts: [
        { volume: "slipway-local_run", path: "/run/slipway" },
        { volume: "slipway-local_switch-config", path: "/usr/local/etc/haproxy", readOnly: true },
        { volume: "slipway-local_journal", path: "/var/lib/slipway", readOnly: true },
      ],
      network: [{ name: "slipway-local_private", aliases: ["switch"] }],
      labels: labels("switch"),
      health: {
        test: [
          "CMD-SHELL",
          "test -S /run/slipway/tmws.localhost/http.sock && test -S /run/slipway/license.tmws.localhost/http.sock && test -S /run/slipway/www.tmws.localhost/http.sock",
        ],
        intervalSeconds: 10,
        timeoutSeconds: 3,
        startPeriodSeconds: 5,
        retries: 3,
      },
      stopGraceSeconds: 15,
      stopSignal: "SIGUSR1",
    });
  });

  test("its config: what is common, a frontend for each route, and for each backend users' slots and candidates' slots", () => {
    const config = switchConfig(spec);
    expect(config.slice(0, config.indexOf("frontend"))).toBe(
      [
        "global",
        "  log stdout format raw local0 info",
        "  maxconn 4096",
        "  stats socket ipv4@127.0.0.1:9999 level admin",
        "  server-state-file /run/slipway/switch-state/servers",
        "",
        "resolvers engine",
        "  nameserver docker 127.0.0.11:53",
        "  resolve_retries 2",
        "  timeout resolve 500ms",
        "  timeout retry 500ms",
        "  hold valid 1s",
        "  hold nx 1s",
        "  hold obsolete 1s",
        "",
        "defaults",
        "  mode http",
        "  log global",
        "  option httplog",
        "  option http-server-close",
        "  option redispatch 1",
        "  retries 150",
        "  retry-on conn-failure",
        "  load-server-state-from-file global",
        "  timeout connect 500ms",
        "  timeout client 75s",
        "  timeout server 75s",
        "  timeout http-request 10s",
        "  timeout queue 10s",
        "  timeout tunnel 1h",
        "",
        "",
      ].join("\n"),
    );
    const backend = (name: string, port: number) => [
      `backend ${name}`,
      "  server hold 127.0.0.1:9 backup",
      `  server-template slot 1-2 unset.invalid:${port} resolvers engine init-addr last,none disabled`,
      "",
    ];
    expect(config.slice(config.indexOf("frontend"))).toBe(
      [
        "frontend route0",
        "  bind unix@/run/slipway/tmws.localhost/http.sock mode 666",
        "  http-request return status 413 if { req.hdr_val(content-length) gt 104857600 }",
        "  http-request wait-for-body time 10s",
        "  default_backend app-8000",
        "",
        "frontend route1",
        "  bind unix@/run/slipway/license.tmws.localhost/http.sock mode 666",
        "  http-request return status 413 if { req.hdr_val(content-length) gt 104857600 }",
        "  http-request wait-for-body time 10s",
        "  default_backend app-8001",
        "",
        "frontend route2",
        "  bind unix@/run/slipway/www.tmws.localhost/http.sock mode 666",
        "  http-request return status 413 if { req.hdr_val(content-length) gt 104857600 }",
        "  http-request wait-for-body time 10s",
        "  default_backend app-8000",
        "",
        ...backend("app-8000", 8000),
        ...backend("app-8001", 8001),
        "frontend candidate-app-8000",
        "  bind :8480",
        "  default_backend candidate-app-8000",
        "",
        ...backend("candidate-app-8000", 8000),
        "frontend candidate-app-8001",
        "  bind :8481",
        "  default_backend candidate-app-8001",
        "",
        ...backend("candidate-app-8001", 8001),
        "frontend metrics",
        "  bind :8405",
        "  no log",
        "  http-request use-service prometheus-exporter if { path /metrics }",
        "  http-request return status 404",
        "",
      ].join("\n"),
    );
    expect(switchFiles(spec)).toEqual([
      { path: "haproxy.cfg", type: "file", content: config, mode: 0o444, uid: 99, gid: 99 },
    ]);
  });

  test("its runtime state is its own", () => {
    expect(stateDirectory(place, spec)).toEqual([
      { path: "switch-state/", type: "directory", mode: 0o700, uid: 99, gid: 99 },
    ]);
  });

  describe("at another stack's edge", () => {
    const shared = { ...spec, share: "main" };

    test("its sockets are in that stack's volume, its state in its own, and it says whose edge it shares", () => {
      const container = switchContainer(place, shared);
      expect(container.mounts.slice(0, 2)).toEqual([
        { volume: "slipway-local_run", path: "/run/slipway" },
        { volume: "slipway-main_run", path: "/run/slipway/shared" },
      ]);
      expect(container.labels).toEqual({ ...labels("switch"), "slipway.edge.shares": "main" });
      expect(container.health?.test[1]).toContain("test -S /run/slipway/shared/tmws.localhost/http.sock &&");
      expect(switchConfig(shared)).toContain("  bind unix@/run/slipway/shared/tmws.localhost/http.sock mode 666\n");
      expect(switchConfig(shared)).toContain("  server-state-file /run/slipway/switch-state/servers\n");
    });

    test("its user is its own: no other switch can take its sockets away", () => {
      const uid = switchUid(place, "main");
      expect(uid).toBeGreaterThanOrEqual(100_000);
      expect(uid).toBeLessThan(2 ** 18);
      expect(switchContainer(place, shared).user).toBe(`${uid}:99`);
      expect(stateDirectory(place, shared)).toMatchObject([{ uid }]);
      expect(switchUid({ ...place, stack: "other" }, "main")).not.toBe(uid);
      expect(switchUid(place, undefined)).toBe(99);
    });
  });
});

describe("edge", () => {
  const local: EdgeSpec = {
    image: base.image,
    limits: base.limits,
    hosts: ["tmws.localhost"],
    httpsPort: 8443,
    httpPort: 0,
    bind: ["127.0.0.1"],
    tls: { mode: "internal", lifetimeMinutes: 720 },
    clients: { bodyMb: 100, headerKb: 15, slowSeconds: 10 },
  };

  test("its container: the host's network, one capability, nothing else that another part has not", () => {
    expect(edgeContainer(place, local)).toEqual({
      ...common,
      name: "slipway-local_edge",
      command: ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
      user: "0:0",
      mounts: [
        { volume: "slipway-local_edge-data", path: "/data" },
        { volume: "slipway-local_edge-config", path: "/etc/caddy", readOnly: true },
        { volume: "slipway-local_run", path: "/run/slipway", readOnly: true },
      ],
      tmpfs: ["/config", "/tmp"],
      network: "host",
      labels: { ...labels("edge"), "slipway.edge.port": "8443", "slipway.edge.ca": "internal" },
      capabilities: ["NET_BIND_SERVICE"],
      stopGraceSeconds: 15,
    });
  });

  const everySite = [
    '\theader ?Strict-Transport-Security "max-age=31536000"',
    '\theader ?X-Content-Type-Options "nosniff"',
    '\theader ?X-Frame-Options "SAMEORIGIN"',
    '\theader ?Referrer-Policy "strict-origin-when-cross-origin"',
    "\trequest_body {",
    "\t\tmax_size 100MiB",
    "\t}",
  ];
  const site = (host: string, tls: readonly string[]) => [
    "",
    `https://${host} {`,
    ...tls,
    ...everySite,
    `\treverse_proxy unix//run/slipway/${host}/http.sock {`,
    "\t\tlb_try_duration 10s",
    "\t\t@slow status 408",
    "\t\thandle_response @slow {",
    "\t\t\theader Connection close",
    "\t\t\tcopy_response",
    "\t\t}",
    "\t\ttransport http {",
    "\t\t\tkeepalive off",
    "\t\t}",
    "\t}",
    "}",
  ];
  const ownCa = (minutes: number) => [
    ...["\ttls {", "\t\tissuer internal {", `\t\t\tlifetime ${minutes}m`, "\t\t}", "\t}"],
  ];
  const servers = [
    "\tservers {",
    "\t\tprotocols h1 h2",
    "\t\tmax_header_size 15KiB",
    "\t\ttimeouts {",
    "\t\t\tread_header 10s",
    "\t\t\tread_body 410s",
    "\t\t}",
    "\t}",
    "}",
  ];
  const askRule = (address: string) => ["\ton_demand_tls {", `\t\task http://${address}/`, "\t}"];
  const others = (tls: readonly string[], address: string) => [
    "",
    "https:// {",
    "\ttls {",
    "\t\ton_demand",
    ...tls,
    "\t}",
    ...everySite,
    "\t@claimed {",
    "\t\tfile {",
    "\t\t\troot /run/slipway",
    "\t\t\ttry_files /{http.request.host}/stack",
    "\t\t}",
    "\t}",
    "\thandle @claimed {",
    "\t\treverse_proxy unix//run/slipway/{http.request.host}/http.sock {",
    "\t\t\tlb_try_duration 10s",
    "\t\t\t@slow status 408",
    "\t\t\thandle_response @slow {",
    "\t\t\t\theader Connection close",
    "\t\t\t\tcopy_response",
    "\t\t\t}",
    "\t\t\ttransport http {",
    "\t\t\t\tkeepalive off",
    "\t\t\t}",
    "\t\t}",
    "\t}",
    "\thandle {",
    "\t\trespond 404",
    "\t}",
    "}",
    "",
    `http://${address} {`,
    `\tbind ${address.replace(":2019", "")}`,
    "\t@served {",
    "\t\tvars_regexp {query.domain} ^[a-z0-9.-]+$",
    "\t\tfile {",
    "\t\t\troot /run/slipway",
    "\t\t\ttry_files /{query.domain}/http.sock",
    "\t\t}",
    "\t}",
    "\trespond @served 200",
    "\trespond 404",
    "}",
    "",
  ];

  test("on local: its own CA, loopback only, no plain HTTP", () => {
    expect(caddyfile(local)).toBe(
      [
        "{",
        "\tadmin off",
        "\thttps_port 8443",
        "\tauto_https disable_redirects",
        "\tdefault_bind 127.0.0.1",
        "\tskip_install_trust",
        ...askRule("127.83.32.251:2019"),
        ...servers,
        ...site("tmws.localhost", ownCa(720)),
        ...others(ownCa(720).slice(1, -1), "127.83.32.251:2019"),
      ].join("\n"),
    );
    expect(edgeFiles(local)).toEqual([
      { path: "Caddyfile", type: "file", content: caddyfile(local), mode: 0o444, uid: 0, gid: 0 },
    ]);
  });

  test("a short life of its certificates is looked at ten times, not every ten minutes", () => {
    const text = caddyfile({ ...local, tls: { mode: "internal", lifetimeMinutes: 3 } });
    expect(text).toContain("\t}\n\trenew_interval 18s\n");
    expect(text).toContain(ownCa(3).join("\n"));
    expect(caddyfile(local)).not.toContain("renew_interval");
  });

  test("elsewhere: a public CA, every address, redirects; each host name has its own site", () => {
    const spec: EdgeSpec = {
      ...local,
      hosts: ["tmws.example.org", "license.tmws.example.org"],
      httpsPort: 443,
      httpPort: 80,
      bind: [],
      tls: { mode: "acme", email: "operator@example.org", ca: "https://acme.example.org/directory" },
    };
    expect(caddyfile(spec)).toBe(
      [
        "{",
        "\tadmin off",
        "\thttps_port 443",
        "\thttp_port 80",
        "\tskip_install_trust",
        ...askRule("127.83.1.187:2019"),
        "\temail operator@example.org",
        "\tacme_ca https://acme.example.org/directory",
        ...servers,
        ...site("tmws.example.org", []),
        ...site("license.tmws.example.org", []),
        ...others([], "127.83.1.187:2019"),
      ].join("\n"),
    );
  });

  test("without a CA of one's own, Let's Encrypt is Caddy's default", () => {
    expect(caddyfile({ ...local, tls: { mode: "acme", email: "a@example.org" } })).not.toContain("acme_ca");
  });

  describe("an ACME CA that nobody knows by itself", () => {
    const tls = { mode: "acme", email: "a@example.org", ca: "https://ca.test:14000/dir" } as const;
    const rooted = (caRoot: string) => caddyfile({ ...local, tls: { ...tls, caRoot } });

    test("is trusted by its roots, which lie on the data volume; other roots are another config, so that Caddy reads them", () => {
      expect(rooted("PEM of one")).toMatch(
        /\tacme_ca https:\/\/ca\.test:14000\/dir\n\t# [0-9a-f]{16}\n\tacme_ca_root \/data\/slipway\/ca-root\.pem\n/,
      );
      expect(rooted("PEM of one")).not.toBe(rooted("PEM of another"));
      expect(rootsFiles("PEM of one")).toEqual([
        { path: "slipway/", type: "directory", mode: 0o755, uid: 0, gid: 0 },
        { path: "slipway/ca-root.pem", type: "file", content: "PEM of one", mode: 0o444, uid: 0, gid: 0 },
      ]);
    });

    test("says how short its certificates live, and is asked ten times as often", () => {
      expect(caddyfile({ ...local, tls: { ...tls, lifetimeMinutes: 3 } })).toContain("\n\trenew_interval 18s\n");
      expect(caddyfile({ ...local, tls })).not.toContain("renew_interval");
    });
  });

  describe("a certificate of one's own", () => {
    const own: EdgeSpec = { ...local, tls: { mode: "own" } };

    test("is asked for at each handshake, for claimed names alone; nothing is issued and nobody is asked for anything", () => {
      const text = caddyfile(own, "a-token");
      const asked = ["a", "b"].map((name) => `get_certificate http http://127.83.32.251:2019/a-token/own-${name}.pem`);
      expect(text.match(/get_certificate .*/g)).toEqual([...asked, ...asked]);
      expect(text).toContain("\n\tauto_https off\n");
      expect(caddyfile({ ...own, httpPort: 80 }, "a-token")).toContain("\n\tauto_https disable_certs\n");
      expect(text).not.toMatch(/on_demand|issuer|acme|email/);
      expect(text.split("\n").slice(-20)).toEqual([
        "http://127.83.32.251:2019 {",
        "\tbind 127.83.32.251",
        "\t@claimed {",
        "\t\tpath /a-token/*",
        "\t\tvars_regexp {query.server_name} ^[a-z0-9.-]+$",
        "\t\tfile {",
        "\t\t\troot /run/slipway",
        "\t\t\ttry_files /{query.server_name}/stack",
        "\t\t}",
        "\t}",
        "\thandle @claimed {",
        "\t\turi strip_prefix /a-token",
        "\t\troot * /etc/caddy",
        "\t\tfile_server",
        "\t}",
        "\thandle {",
        "\t\trespond 404",
        "\t}",
        "}",
        "",
      ]);
    });

    test("neither it nor what leads to it can be read by anybody but root", () => {
      expect(edgeFiles(own, "a-token")).toMatchObject([{ path: "Caddyfile", mode: 0o400 }]);
      expect(() => edgeFiles(own)).toThrow("a certificate of one's own needs a token");
      expect(certificateFiles("PEM")).toEqual(
        ["own-a.pem", "own-b.pem"].map((path) => {
          return { path, type: "file", content: "PEM", mode: 0o400, uid: 0, gid: 0 };
        }),
      );
    });
  });

  test("says to those who would share it who signs", () => {
    const ca = (tls: EdgeSpec["tls"]) => edgeContainer(place, { ...local, tls }).labels["slipway.edge.ca"];
    const acme = { mode: "acme", email: "a@example.org" } as const;
    expect(ca(acme)).toBe("public");
    expect(ca({ ...acme, ca: "https://acme-staging-v02.api.letsencrypt.org/directory" })).toBe("rehearsal");
    expect(ca({ ...acme, ca: "https://ca.test/dir", caRoot: "PEM" })).toBe("private");
    expect(ca({ mode: "own" })).toBe("public");
    expect(ca({ mode: "own", caRoot: "PEM" })).toBe("private");
  });
});
