import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContainerSpec, Place } from "../../components/container/spec.ts";
import { labelsFor, resourceName } from "../../components/container/spec.ts";
import hosts, { type HostsInputs } from "../../components/edge/hosts.step.ts";
import { runVolume } from "../../components/edge/share.ts";
import { runPath, socketPath } from "../../components/switch/spec.ts";
import { lives } from "./support/apart.ts";
import { getByName, rootOf } from "./support/by-name.ts";
import { eventually, Outside, runner } from "./support/host.ts";
import { TestStack } from "./support/stack.ts";

const guestDomain = "orders.localhost";
const echoDomain = "echo.localhost";

let owner: TestStack;
let guest: TestStack;
let ca: string;
let launched: string;
let before: readonly string[];

const ask = (name: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
  getByName({ ca, port: owner.port }, name, path, headers);

beforeAll(async () => {
  owner = await TestStack.make();
  guest = await TestStack.orders();
  await guest.set(["slipway:edge"], { domain: guestDomain, share: owner.name });
  const first = await owner.slipway("start");
  if (first.code !== 0) throw new Error(first.output);
  before = await lives(owner);
  ca = await rootOf(owner.name);
  const second = await guest.slipway("start");
  if (second.code !== 0) throw new Error(second.output);
  launched = second.stdout;
});
afterAll(async () => {
  await guest.destroy();
  await owner.destroy();
});

describe("a system that shares the edge of another", () => {
  it("says its address: its own name, the owner's port", () => {
    expect(launched).toContain(`https://${guestDomain}:${owner.port}\n`);
  });

  it("answers on the same port by its own name, each with a certificate of its own", async () => {
    expect(await ask(guestDomain, "/health")).toMatchObject({ status: 200, names: `DNS:${guestDomain}` });
    expect(await ask(owner.domain, "/health")).toMatchObject({ status: 200, names: `DNS:${owner.domain}` });
    expect(JSON.parse((await ask(guestDomain, "/version")).body)).toMatchObject({ version: "1.0.0" });
  });

  it("has no edge, and nothing of the owner was replaced, restarted or reloaded", async () => {
    expect(await new Outside(guest).running("edge")).toEqual([]);
    expect(await lives(owner)).toEqual(before);
  });

  it("shows no change in a second preview, and neither does the owner", async () => {
    for (const stack of [guest, owner]) {
      const preview = await stack.slipway("preview", "--expect-no-changes");
      expect(preview.code, preview.output).toBe(0);
    }
  });

  it("shares no network: neither resolves the other's names nor reaches its addresses", async () => {
    const [app, web] = [await new Outside(owner).inspect("app"), (await new Outside(guest).running("web"))[0]];
    if (web === undefined) throw new Error("no web container of the guest");
    const addressOf = (networks: Readonly<Record<string, { IPAddress: string }>>) =>
      Object.values(networks)[0]?.IPAddress ?? "";
    const look = (id: string, name: string, address: string) =>
      runner.exec(id, { argv: ["python", "-c", reachScript, name, address] });
    // The question itself is good: within its own network each finds what it asks for.
    const own = await look(app.Id, "redis", addressOf(app.NetworkSettings.Networks));
    const guestOwn = await look(web.Id, "postgres", addressOf(web.NetworkSettings.Networks));
    expect([own.output.trim(), guestOwn.output.trim()]).toEqual(["known reached", "known reached"]);
    const from = await look(app.Id, "web", addressOf(web.NetworkSettings.Networks));
    const back = await look(web.Id, "app", addressOf(app.NetworkSettings.Networks));
    expect([from.output.trim(), back.output.trim()]).toEqual(["unknown unreachable", "unknown unreachable"]);
  });
});

/** Prints whether a name resolves and whether port 8000 of an address answers. */
const reachScript = [
  "import socket, sys",
  "def known(name):",
  "    try: socket.gethostbyname(name); return 'known'",
  "    except OSError: return 'unknown'",
  "def reached(address):",
  "    try: socket.create_connection((address, 8000), 3).close(); return 'reached'",
  "    except OSError: return 'unreachable'",
  "print(known(sys.argv[1]), reached(sys.argv[2]))",
].join("\n");

describe("what the edge does not do", () => {
  it("gives no certificate to a name that nobody has", async () => {
    await expect(ask("nobody.localhost", "/")).rejects.toThrow(/alert|EPROTO|ssl/i);
    const kept = await new Outside(owner).exec("edge", "sh", "-c", "find /data/caddy/certificates -name '*.crt'");
    expect(kept).toContain(`${guestDomain}.crt`);
    expect(kept).not.toContain("nobody");
  });

  it("answers 404 when the header names nobody's host on another's connection", async () => {
    const reply = await ask(guestDomain, "/health", { host: "nobody.localhost" });
    expect(reply.status).toBe(404);
  });

  it("believes no X-Forwarded-* of a client", async () => {
    const { Image } = await new Outside(owner).inspect("app");
    const place = { stack: guest.name, system: "echo" };
    const claim: HostsInputs = {
      host: process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock",
      // Another stack than the guest: its own step would else free this name.
      place: { ...place, stack: `${guest.name}echo` },
      image: Image,
      volume: runVolume({ stack: owner.name, system: "" }, undefined),
      hosts: [echoDomain],
      uid: 4321,
    };
    await hosts.reconcile(claim);
    const id = await runner.create(echo(place, Image, claim));
    try {
      await runner.start(id);
      const headers = { "x-forwarded-for": "203.0.113.9", "x-forwarded-host": "evil", "x-forwarded-proto": "ftp" };
      const reply = await eventually("the echo answers", async () => {
        const one = await ask(echoDomain, "/", headers);
        return one.status === 200 ? one : undefined;
      });
      const seen: unknown = JSON.parse(reply.body);
      expect(seen).toMatchObject({
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": `${echoDomain}:${owner.port}`,
        "x-forwarded-proto": "https",
      });
      expect(reply.body).not.toContain("203.0.113.9");
    } finally {
      await runner.remove(id);
      await hosts.remove?.(claim);
    }
  });
});

/** A system that listens on its claimed socket and answers the headers it got. */
function echo(place: Place, image: string, claim: HostsInputs) {
  return {
    name: resourceName(place, "echo"),
    image,
    entrypoint: ["python", "-c", echoScript, socketPath(echoDomain)],
    env: {},
    user: `${claim.uid}:99`,
    mounts: [{ volume: claim.volume, path: runPath }],
    tmpfs: ["/tmp"],
    network: [],
    labels: labelsFor(place, "echo", "session"),
    limits: { cpus: 1, memoryMb: 128, pids: 64 },
    capabilities: [],
    restart: "no",
    stopGraceSeconds: 1,
  } satisfies ContainerSpec;
}

const echoScript = [
  "import json, os, socketserver, sys",
  "from http.server import BaseHTTPRequestHandler",
  "class Echo(BaseHTTPRequestHandler):",
  "    def address_string(self): return 'edge'",
  "    def do_GET(self):",
  "        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()",
  "        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()",
  "        self.wfile.write(body)",
  "server = socketserver.UnixStreamServer(sys.argv[1], Echo)",
  "os.chmod(sys.argv[1], 0o666)",
  "server.serve_forever()",
].join("\n");

describe("what is refused", () => {
  it("a host name that the owner has", async () => {
    const restore = await guest.saved();
    await guest.set(["slipway:edge", "domain"], owner.domain);
    const preview = await guest.slipway("preview");
    await restore();
    expect(preview.code).not.toBe(0);
    expect(preview.output).toContain(`host name ${owner.domain} belongs to stack ${owner.name}`);
    expect(preview.output).toContain("pulumi config set --path 'slipway:edge.domain' <host name>");
  });

  it("the edge of a stack that has none", async () => {
    const restore = await guest.saved();
    await guest.set(["slipway:edge", "share"], "nowhere");
    const preview = await guest.slipway("preview");
    await restore();
    expect(preview.code).not.toBe(0);
    expect(preview.output).toContain(
      "the edge of stack nowhere does not run on this host: start it with `npm start -- --stack nowhere`",
    );
  });

  it.each([
    ["npm run down", () => owner.slipway("down")],
    ["npm run down --with-data", () => owner.slipway("down", "--with-data")],
    ["pulumi destroy", () => owner.pulumi("destroy", "--yes", "--skip-preview", "--exclude-protected")],
  ])("%s of the owner while it is shared: all goes on", async (_, command) => {
    const refused = await command();
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain(`stack ${guest.name} shares the edge of stack ${owner.name}`);
    expect(refused.output).toContain(`npm run down -- --stack ${guest.name}`);
    expect(await lives(owner)).toEqual(before);
    expect((await ask(guestDomain, "/health")).status).toBe(200);
  });
});

describe("when the sharing system goes", () => {
  beforeAll(async () => {
    const down = await guest.slipway("down");
    if (down.code !== 0) throw new Error(down.output);
  });

  it("nothing of the owner is touched, and its name is free", async () => {
    expect(await lives(owner)).toEqual(before);
    expect((await ask(owner.domain, "/health")).status).toBe(200);
    const names = (await new Outside(owner).exec("edge", "ls", runPath)).split("\n");
    expect(names.sort()).toEqual(["switch-state", owner.domain]);
    expect((await ask(guestDomain, "/health")).status).toBe(404);
  });

  it("the owner can go", async () => {
    const down = await owner.slipway("down");
    expect(down.code, down.output).toBe(0);
  });
});
