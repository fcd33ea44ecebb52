import { describe, expect, test } from "vitest";
import { describeOptions, renderOptionTable } from "../../infra/config/describe.ts";
import { rootSchema } from "../../infra/config/schema.ts";
import { type Node, nodeAt, treeOf } from "../../infra/config/schema-tree.ts";
import { systems } from "../../infra/systems/index.ts";
import { ownVariables } from "../../infra/systems/tmws.options.ts";
import { tmws } from "../../infra/systems/tmws.ts";
import { ownVariables as own23 } from "../../infra/systems/tmws-2.3.options.ts";
import { tmws23 } from "../../infra/systems/tmws-2.3.ts";
import { productionSettings } from "../fixtures/settings.ts";
import { tmws23Settings } from "../fixtures/tmws-2.3-settings.ts";

const rows = describeOptions();
const row = (path: string) => rows.find((one) => one.path === path);

describe("the table of options", () => {
  test("says of each what it means, what is allowed and what holds without it", () => {
    expect(row("slipway:edge.httpsPort")).toEqual({
      path: "slipway:edge.httpsPort",
      default: "443; local 8443",
      allowed: "a whole number from 1 to 65535",
      meaning: "Port for HTTPS.",
      secret: false,
    });
    expect(row("slipway:app.secretEnv.<name>")).toEqual({
      path: "slipway:app.secretEnv.<name>",
      default: "none",
      allowed:
        "a secret text of 8 characters or more, not all the same; <name>: a name of capitals, digits and _ that begins with a letter",
      meaning: "Further secret variables of the app. Secret value of the variable.",
      secret: true,
    });
  });

  test("has each option once, with every cell filled", () => {
    expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
    expect(rows.filter((one) => [one.default, one.allowed, one.meaning].includes(""))).toEqual([]);
    expect(rows.filter(({ secret }) => secret).map(({ path }) => path)).toEqual([
      "slipway:registries.<name>.password",
      "slipway:edge.tls.key",
      "slipway:tcp.key",
      "slipway:app.secretKey",
      "slipway:app.secretEnv.<name>",
      "slipway:redis.password",
      "slipway:postgres.ownerPassword",
      "slipway:postgres.appPassword",
      "slipway:announce.webhook",
      "slipway:offsite.password",
      "slipway:offsite.key",
      "slipway:offsite.sshKey",
      "slipway:logs.ship.token",
      "slipway:prometheus.remoteWrite.bearer",
      "slipway:alerts.to.<name>.webhook",
      "slipway:alerts.to.<name>.slack",
      "slipway:alerts.to.<name>.pagerduty",
      "slipway:alerts.smtp.password",
    ]);
  });

  test("as Markdown", () => {
    const [head, line, first, ...others] = renderOptionTable(rows).split("\n");
    expect([head, line, first]).toEqual([
      "| option | default | allowed | meaning |",
      "|---|---|---|---|",
      "| `slipway:system` | tmws | one of tmws, tmws-2.3, aidis, tria, diligence | Product that the stack runs; one of your own by the path of its file. |",
    ]);
    expect(others).toHaveLength(rows.length - 1);
  });
});

test.each(systems.map((system) => [system.name, system] as const))(
  "%s: every example is valid, else healing could not stand in for it",
  (_, system) => {
    const tree = treeOf(rootSchema(system));
    const examples = leaves(tree, []).map((path) => {
      const node = nodeAt(tree, path);
      return node.kind === "group" ? false : node.doc.kind.schema.safeParse(node.doc.kind.example).success;
    });
    expect(examples).toHaveLength(describeOptions(system).length);
    expect(examples).not.toContain(false);
  },
);

function leaves(node: Node, path: readonly string[]): readonly (readonly string[])[] {
  switch (node.kind) {
    case "group":
      return [...node.keys].flatMap(([key, inner]) => leaves(inner, [...path, key]));
    case "names":
      return leaves(node.value, [...path, "name"]);
    case "leaf":
      return [path];
  }
}

test.each([
  ["tmws", tmws(productionSettings), ownVariables],
  ["tmws-2.3", tmws23.system(tmws23Settings()), own23],
] as const)("every variable that %s sets is protected from extraEnv", (_, { workloads }, own) => {
  const set = workloads.flatMap(({ env }) => Object.keys(env)).filter((name) => name.startsWith("TMWS_"));
  expect(set.length).toBeGreaterThanOrEqual(14);
  expect(set.filter((name) => !own.includes(name))).toEqual([]);
});
