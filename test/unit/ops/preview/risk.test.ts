import { describe, expect, test } from "vitest";
import { risks, tell } from "../../../../ops/preview/risk.ts";
import type { Change, Values } from "../../../../ops/preview/steps.ts";
import { change, container, step, volume } from "./steps.ts";

const workload = (name: string) => ({ container: { labels: { "slipway.part": name } } });
const rollout = (mode: string, ...names: string[]) => ({ mode, workloads: names.map(workload) });
const schema = (target: string, kind = "expand") => ({ schema: { target }, kind });
const walls = (...open: readonly [number, readonly string[]][]) => ({
  exposure: { open: open.map(([port, sources]) => ({ port, protocol: "tcp", sources })) },
});
const told = (one: Change) => tell(one).map(({ risk, words }) => `${risk}: ${words}`);

describe("what a change means, in words", () => {
  test.each<[string, Change, readonly string[]]>([
    ["a volume replaced", change("replace", volume, "data"), ["data: replaces the volume `data`: data at risk"]],
    ["a volume removed", change("delete", volume, "data"), ["data: removes the volume `data`: its data go"]],
    ["a volume made", change("create", volume, "data"), ["other: creates `data`"]],
    [
      "a generated secret replaced",
      change("replace", "random:index/randomPassword:RandomPassword", "secret-key"),
      ["data: replaces the generated secret `secret-key`: what it protects may be lost"],
    ],
    [
      "another cloud's store removed",
      change("delete", "aws:rds/instance:Instance", "db"),
      ["data: removes `db`: data at risk"],
    ],
    ["a container removed", change("delete", container, "chroma"), ["removal: removes `chroma`"]],
    ["Redis", change("replace", container, "redis"), ["outage: restarts Redis: seconds without it"]],
    [
      "PostgreSQL",
      change("update", container, "postgres"),
      ["outage: restarts PostgreSQL: the app is without its database for seconds"],
    ],
    [
      "the edge",
      change("replace", container, "edge"),
      ["outage: restarts the edge: seconds without https, for every stack that shares it"],
    ],
    ["the switch", change("replace", container, "switch"), ["outage: restarts the switch: open connections end"]],
    [
      "what a hand changed",
      change(
        "update",
        step("Limits"),
        "redis-limits",
        { deviation: "" },
        { deviation: "memory: 64 MB instead of 256 MB" },
      ),
      ["release: puts right what is other than it was made, `redis-limits`: memory: 64 MB instead of 256 MB"],
    ],
    [
      "what a hand changed, beside a change that is wanted",
      change("update", step("Limits"), "redis-limits", { deviation: "", a: 1 }, { deviation: "memory", a: 2 }),
      ["other: updates `redis-limits`"],
    ],
    [
      "the firewall's first rules",
      change(
        "create",
        step("Firewall"),
        "firewall-rules",
        {},
        walls([22, ["0.0.0.0/0", "::/0"]], [3001, ["10.0.0.0/8"]]),
      ),
      [
        "exposure: opens port 22 to everyone",
        "exposure: sets the host's firewall: open are 22, 3001, all else is denied",
      ],
    ],
    [
      "a port of the firewall for fewer",
      change("update", step("Firewall"), "firewall-rules", walls([22, ["::/0"]]), walls([22, ["10.0.0.0/8"]])),
      ["exposure: sets the host's firewall: open are 22, all else is denied"],
    ],
    [
      "the firewall away",
      change("delete", step("Firewall"), "firewall-rules", walls([22, ["::/0"]])),
      ["exposure: takes the firewall away: the host answers on every port that something listens on"],
    ],
    [
      "the firewall's container",
      change("replace", container, "firewall"),
      ["outage: restarts what holds the firewall's rules, which stand meanwhile"],
    ],
    ["some container", change("replace", container, "cache"), ["outage: restarts `cache`: seconds without it"]],
    [
      "a release in overlap",
      change("update", step("Rollout"), "rollout", rollout("overlap", "web"), rollout("overlap", "web", "worker")),
      ["release: restarts web, worker, no requests lost"],
    ],
    [
      "a release of one writer",
      change("update", step("Rollout"), "rollout", rollout("stop-first", "app"), rollout("stop-first", "app")),
      ["release: restarts app: requests wait for seconds, none is lost"],
    ],
    [
      "a first release",
      change("create", step("Rollout"), "rollout", {}, rollout("overlap", "web")),
      ["release: starts web for the first time"],
    ],
    ["a backup", change("update", step("BackupPoint"), "backup-point"), ["release: takes a backup first"]],
    ["a smoke test", change("update", step("SmokeTest"), "smoke-test"), ["release: proves the result by smoke tests"]],
    ["a proof", change("update", step("Proof"), "proof"), ["release: signs the proof that another stack may take"]],
    ["a proof that goes", change("delete", step("Proof"), "proof"), ["removal: removes `proof`"]],
    [
      "the key of proofs",
      change("delete", step("ProofKey"), "proof-key"),
      ["data: removes `proof-key`: who trusts it takes no later proof"],
    ],
    ["a group of resources", change("create", "slipway:docker:App", "app"), []],
    ["files", change("update", step("Files"), "edge-files"), ["other: updates `edge-files`"]],
    [
      "a migration on a new database",
      change("create", step("Migration"), "migration", {}, schema("003")),
      ["migration: migration `003` runs, expands"],
    ],
    [
      "a migration that takes away",
      change("update", step("Migration"), "migration", schema("003"), schema("004", "contract")),
      ["migration: migration `004` runs (from `003`), contracts: it takes away what older releases may need"],
    ],
    [
      "the same schema",
      change("update", step("Migration"), "migration", schema("003"), { ...schema("003"), set: "x" }),
      ["migration: rehearses the migration again on a copy; the schema stays"],
    ],
  ])("%s", (_, one, expected) => {
    expect(told(one)).toEqual(expected);
  });

  test("how long the last rehearsal took", () => {
    const one = {
      ...change("update", step("Migration"), "migration", schema("002"), schema("003")),
      outputs: { rehearsalSeconds: 12.4 },
    };
    expect(told(one)).toEqual(["migration: migration `003` runs (from `002`), expands, the last rehearsal took 12 s"]);
  });

  test("a name cannot end the code that it stands in", () => {
    expect(told(change("delete", volume, "a`\n# b"))).toEqual(["data: removes the volume `a''# b`: its data go"]);
  });
});

describe("what opens a port", () => {
  const port = (ip: string | undefined, external = 22): Values => ({
    ports: [{ internal: 22, external, ...(ip !== undefined && { ip }) }],
  });
  const rule = "aws:ec2/securityGroupRule:SecurityGroupRule";
  test.each<[string, Change, readonly string[]]>([
    ["on every address", change("create", container, "ssh", {}, port("0.0.0.0")), ["opens port 22 to everyone"]],
    [
      "where no address is said",
      change("create", container, "ssh", {}, port(undefined)),
      ["opens port 22 to everyone"],
    ],
    ["on IPv6", change("create", container, "ssh", {}, port("::")), ["opens port 22 to everyone"]],
    ["on this machine alone", change("create", container, "ssh", {}, port("127.0.0.1")), []],
    ["that was open", change("replace", container, "ssh", port("0.0.0.0"), port("0.0.0.0")), []],
    [
      "no longer to this machine alone",
      change("replace", container, "ssh", port("127.0.0.1"), port("0.0.0.0")),
      ["opens port 22 to everyone"],
    ],
    ["that is closed", change("delete", container, "ssh", port("0.0.0.0")), []],
    [
      "of a group's rule",
      change(
        "update",
        "aws:ec2/securityGroup:SecurityGroup",
        "web",
        {},
        { ingress: [{ cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"], fromPort: 22, toPort: 22 }] },
      ),
      ["opens port 22 to everyone"],
    ],
    [
      "of a rule",
      change("create", rule, "ssh", {}, { type: "ingress", ipv6CidrBlocks: ["::/0"], fromPort: 20, toPort: 22 }),
      ["opens ports 20 to 22 to everyone"],
    ],
    [
      "the way out",
      change("create", rule, "out", {}, { type: "egress", cidrBlocks: ["0.0.0.0/0"], fromPort: 0, toPort: 0 }),
      [],
    ],
    [
      "all of them",
      change("create", rule, "all", {}, { type: "ingress", cidrBlocks: ["0.0.0.0/0"], fromPort: -1, toPort: -1 }),
      ["opens every port to everyone"],
    ],
    [
      "by the host's network",
      change("create", container, "edge", {}, { networkMode: "host" }),
      ["puts `edge` on the host's own network: every port that it listens on is the host's"],
    ],
  ])("%s", (_, one, expected) => {
    expect(
      tell(one)
        .filter(({ risk }) => risk === "exposure")
        .map(({ words }) => words),
    ).toEqual(expected);
  });

  test("is told beside what else the change means", () => {
    expect(told(change("replace", container, "redis", {}, port("0.0.0.0")))).toEqual([
      "exposure: opens port 22 to everyone",
      "outage: restarts Redis: seconds without it",
    ]);
  });
});

test("lost data come first, what costs nothing last", () => {
  expect(risks).toEqual(["data", "exposure", "removal", "migration", "outage", "release", "other"]);
});
