import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/config/read.ts";
import { changed, rawOf } from "./config-fixture.ts";

const found = { stack: "main", httpsPort: 9443, ca: "internal" } as const;
const read = (
  stack: "local" | "production",
  changes: Readonly<Record<string, unknown>>,
  shared: typeof found | { readonly stack: string; readonly httpsPort: number; readonly ca: "public" } = found,
) => readSettings({ ...rawOf(stack, changed(stack, changes)), shared });

describe("a stack that shares an edge", () => {
  test("has the owner's port, in its origin too, and certificates that the owner signs", () => {
    expect(read("local", { "edge.share": "main" })).toMatchObject({
      settings: {
        edge: {
          domain: "tmws.localhost",
          httpsPort: 9443,
          httpPort: 0,
          tls: { mode: "shared", stack: "main", ca: "internal" },
        },
        app: { corsOrigins: ["https://tmws.localhost:9443"] },
      },
    });
  });

  test("may not say what is the owner's; each mend takes the option away", () => {
    const reading = read("local", {
      "edge.share": "main",
      "edge.httpsPort": 8444,
      "edge.httpPort": 8080,
      "edge.tls.mode": "acme",
      "edge.tls.lifetimeMinutes": 30,
    });
    const allowed = "nothing with edge.share: ports and certificates are those of the stack that owns the edge";
    const mend = (path: string) => `pulumi config rm --path 'slipway:edge.${path}' --stack local`;
    expect("problems" in reading && reading.problems).toEqual(
      [
        ["httpsPort", "8444"],
        ["httpPort", "8080"],
        ["tls.mode", "acme"],
        ["tls.lifetimeMinutes", "30"],
      ].map(([path = "", value]) => ({ path: `slipway:edge.${path}`, value, allowed, mend: mend(path) })),
    );
  });

  test("in production only one whose certificates browsers trust", () => {
    const changes = { "edge.share": "main", "edge.tls": undefined };
    expect(read("production", changes, { stack: "main", httpsPort: 443, ca: "public" })).toMatchObject({
      settings: { edge: { tls: { mode: "shared", ca: "public" } } },
    });
    const refused = read("production", changes);
    expect("problems" in refused && refused.problems.map(({ path, value, mend }) => [path, value, mend])).toEqual([
      ["slipway:edge.share", "main", "pulumi config rm --path 'slipway:edge.share' --stack production"],
    ]);
  });

  test("names a stack", () => {
    const refused = read("local", { "edge.share": "Main_1" });
    expect("problems" in refused && refused.problems.map(({ path, mend }) => [path, mend])).toEqual([
      ["slipway:edge.share", "pulumi config set --path 'slipway:edge.share' '<stack>' --stack local"],
    ]);
  });
});
