import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/config/read.ts";
import { configOfStackFile } from "../../infra/config/stack-file.ts";
import { digest, problemsOf, rawOf, type Tree } from "./config-fixture.ts";

/** A committed stack file the way Pulumi reads it, and what its user adds. */
function rawOfFile(stack: string, added: Tree = {}) {
  const file = configOfStackFile(readFileSync(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url), "utf8"));
  // `npm start` writes this one into the local file; the test means the file as it is committed.
  const { "slipway:images": _, ...committed } = file;
  const keyed = Object.entries(added).map(([key, value]) => {
    const there = file[`slipway:${key}`];
    const both = typeof value === "object" && typeof there === "object" ? { ...there, ...value } : value;
    return [`slipway:${key}`, both] as const;
  });
  return rawOf(stack, { ...committed, ...Object.fromEntries(keyed) }, "");
}

const images = { images: "official" };

describe("the committed stack files", () => {
  test("local lacks only what `npm start` writes", () => {
    expect(problemsOf(rawOfFile("local")).map(({ path, mend }) => [path, mend])).toEqual([
      ["slipway:images", "pulumi config set slipway:images debian --stack local"],
    ]);
    const reading = readSettings(rawOfFile("local", { images: "debian" }));
    expect(reading).toMatchObject({
      settings: {
        environment: "local",
        image: { kind: "build", build: { context: "test/workloads/tmws" } },
        edge: { domain: "tmws.localhost", httpsPort: 8443, tls: { mode: "internal" } },
      },
    });
  });

  test("staging lacks only the host name and the source of the images", () => {
    expect(problemsOf(rawOfFile("staging")).map(({ path, mend }) => [path, mend])).toEqual([
      ["slipway:images", "pulumi config set slipway:images debian --stack staging"],
      ["slipway:edge.domain", "pulumi config set --path 'slipway:edge.domain' '<host name>' --stack staging"],
    ]);
    const edge = { domain: "tmws.staging.acme.dev" };
    expect(readSettings(rawOfFile("staging", { ...images, edge }))).toMatchObject({
      settings: {
        environment: "staging",
        edge: { httpsPort: 443, tls: { mode: "internal" } },
        app: { logLevel: "INFO" },
      },
    });
  });

  test("production lacks only what only its user knows", () => {
    const ask = (path: string, value: string) => [
      `slipway:${path}`,
      `pulumi config set --path 'slipway:${path}' '${value}' --stack production`,
    ];
    expect(problemsOf(rawOfFile("production")).map(({ path, mend }) => [path, mend])).toEqual([
      ["slipway:images", "pulumi config set slipway:images debian --stack production"],
      ask("edge.domain", "<host name>"),
      ask("edge.tls.email", "<e-mail address>"),
      ask("promotion.key", "<proofKey of staging>"),
    ]);
    const edge = { domain: "tmws.acme.dev", tls: { mode: "acme", email: "ops@acme.dev" } };
    const promotion = { from: "staging", key: `MCowBQYDK2VwAyEA${"0123456789".repeat(4)}abc=` };
    expect(readSettings(rawOfFile("production", { ...images, edge, promotion }))).toMatchObject({
      settings: {
        environment: "production",
        tier: "medium",
        edge: { httpsPort: 443, httpPort: 80 },
        release: "promoted",
        image: { kind: "proved" },
        promotion,
      },
    });
    const direct = { release: "direct", image: { ref: `ghcr.io/acme/tmws:2.4.0@${digest}` } };
    expect(problemsOf(rawOfFile("production", { ...images, edge, ...direct }))).toEqual([]);
  });

  test.each(["local", "staging", "production"])("%s: pasting the mending commands as they are is refused", (stack) => {
    const asked = problemsOf(rawOfFile(stack)).filter(({ mend }) => mend.includes("'<"));
    const value = (path: string) => /'(<.*>)'/.exec(asked.find((one) => one.path === path)?.mend ?? "")?.[1];
    const email = value("slipway:edge.tls.email");
    const key = value("slipway:promotion.key");
    const pasted = {
      ...images,
      ...(key && { promotion: { from: "staging", key } }),
      edge: {
        domain: value("slipway:edge.domain") ?? "tmws.localhost",
        ...(email && { tls: { mode: "acme", email } }),
      },
    };
    const paths = problemsOf(rawOfFile(stack, pasted)).map((problem) => problem.path);
    expect(paths).toEqual(asked.map(({ path }) => path));
  });
});
