import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/config/read.ts";
import { changed, type GoodStack, rawOf } from "./config-fixture.ts";

function read(stack: GoodStack, changes: Readonly<Record<string, unknown>> = {}) {
  const reading = readSettings(rawOf(stack, changed(stack, changes)));
  return "problems" in reading
    ? { problems: reading.problems.map(({ path, value, allowed, mend }) => [path, value, allowed, mend]) }
    : { firewall: reading.settings.firewall };
}

const everybody = ["0.0.0.0/0", "::/0"];

describe("the firewall", () => {
  test.each([
    ["local", false],
    ["staging", true],
    ["production", true],
  ] as const)("on %s is by default: %s", (stack, enabled) => {
    expect(read(stack).firewall).toEqual({ enabled, ssh: { port: 22, sources: everybody }, allow: {}, bySsh: false });
  });

  test("lets ssh in on the port by which Slipway comes, or on the one that config names", () => {
    const host = "ssh://deploy@example.org:2022";
    expect(read("staging", { host }).firewall).toMatchObject({ ssh: { port: 2022 }, bySsh: true });
    expect(read("staging", { host, "firewall.ssh.port": 22 }).firewall?.ssh.port).toBe(22);
    expect(read("staging", { host: "ssh://deploy@example.org" }).firewall?.ssh.port).toBe(22);
  });

  test("may be off in production for a reason alone", () => {
    expect(read("production", { "firewall.enabled": false })).toEqual({
      problems: [
        [
          "slipway:firewall.enabled",
          "false",
          "true in production, unless firewall.off says why",
          expect.stringContaining("pulumi config set --path 'slipway:firewall.enabled' true --stack production"),
        ],
      ],
    });
    const off = "the cloud's own firewall stands before this host";
    expect(read("production", { "firewall.enabled": false, "firewall.off": off }).firewall?.enabled).toBe(false);
  });

  test("has no reason to be off while it is on", () => {
    expect(read("staging", { "firewall.off": "nobody knows any more" }).problems).toEqual([
      [
        "slipway:firewall.off",
        "nobody knows any more",
        "only with firewall.enabled false",
        "pulumi config rm --path 'slipway:firewall.off' --stack staging",
      ],
    ]);
  });

  test("does not shut out the one who sets it", () => {
    const shut = { host: "ssh://deploy@example.org", "firewall.ssh.sources": [] };
    expect(read("staging", shut).problems?.map(([path, , allowed]) => [path, allowed])).toEqual([
      ["slipway:firewall.ssh.sources", "at least one network: Slipway itself comes to this stack's host by ssh"],
    ]);
  });

  test.each(["203.0.113.0/33", "203.0.113.0", "2001:db8::/129", "example.org/24", "10.0.0.0/8; drop", "::/0/0"])(
    "%s is no network",
    (source) => {
      const refused = read("staging", { "firewall.ssh.sources": [source] });
      expect(refused.problems?.map(([path]) => path)).toEqual(["slipway:firewall.ssh.sources[0]"]);
    },
  );

  test("opens further ports by name, with a reason", () => {
    const metrics = { port: 9100, sources: ["10.0.0.0/8", "fd00::/8"], reason: "the office's Prometheus" };
    expect(read("staging", { "firewall.allow": { metrics } }).firewall?.allow).toEqual({
      metrics: { ...metrics, protocol: "tcp" },
    });
    const refused = read("staging", { "firewall.allow": { metrics: { port: 9100, sources: ["10.0.0.0/8"] } } });
    expect(refused.problems?.map(([path]) => path)).toEqual(["slipway:firewall.allow.metrics.reason"]);
  });
});
