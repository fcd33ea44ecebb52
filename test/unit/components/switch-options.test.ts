import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicOf, publicProblem } from "../../../components/switch/public.ts";
import { changed, expected, type GoodStack, good, problemsOf, rawOf, secure } from "../config-fixture.ts";

const wide = "in production no network wider than /8, unless tcp.everybody says why";
const network = "an IPv4 network such as 203.0.113.0/24, or one address with /32; no bits behind the prefix";

function problems(stack: GoodStack, tcp: Readonly<Record<string, unknown>>) {
  return problemsOf(rawOf(stack, changed(stack, { tcp })));
}

describe("what the section refuses", () => {
  test.each([
    "203.0.113.0",
    "203.0.113.7/24",
    "203.0.113.0/33",
    "203.0.113.256/32",
    "2001:db8::/32",
    "office.example.org",
    "0.0.0.0/-1",
    "10.0.0.0/8/8",
  ])("%s is no network", (value) => {
    const mend = "set 203.0.113.0/24";
    expect(problems("staging", { public: true, allow: [value] })).toEqual([
      expected("staging", "tcp.allow[0]", value, network, mend),
    ]);
  });

  test("an empty list outside local, where the host itself is on it by default", () => {
    expect(problems("local", { public: true })).toEqual([]);
    expect(problems("staging", { public: true }).map(({ path, allowed }) => [path, allowed])).toEqual([
      ["slipway:tcp.allow", "with tcp.public true at least one network: nobody else may connect"],
    ]);
    expect(problems("production", { allow: [] })).toEqual([]);
  });

  test("in production everybody, whole or in halves, unless a reason is given", () => {
    expect(problems("production", { public: true, allow: ["10.0.0.0/8"] })).toEqual([]);
    const halves = { public: true, allow: ["0.0.0.0/1", "203.0.113.0/24", "128.0.0.0/1"] };
    expect(problems("production", halves).map(({ path, allowed }) => [path, allowed])).toEqual([
      ["slipway:tcp.allow[0]", wide],
      ["slipway:tcp.allow[2]", wide],
    ]);
    const all = { public: true, allow: ["0.0.0.0/0"] };
    expect(problems("production", all).map(({ allowed }) => allowed)).toEqual([wide]);
    expect(problems("staging", all)).toEqual([]);
    expect(problems("production", { ...all, everybody: "anybody may try it" })).toEqual([]);
  });

  test.each(["::", "localhost", "1.2.3", "256.0.0.1"])("%s to publish on", (bind) => {
    expect(problems("local", { bind }).map(({ path }) => path)).toEqual(["slipway:tcp.bind"]);
  });
});

describe("certificate and key", () => {
  let folder: string;
  const pair = (name: string) => ({
    certificate: readFileSync(join(folder, `${name}.crt`), "utf8"),
    key: secure(readFileSync(join(folder, `${name}.key`), "utf8")),
  });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-pem-"));
    for (const name of ["a", "b"])
      execFileSync(
        "openssl",
        ["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", `/CN=${name}`, "-days", "2"].concat(
          ["-keyout", `${name}.key`],
          ["-out", `${name}.crt`],
        ),
        { cwd: folder, stdio: "ignore" },
      );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("belong together", () => {
    expect(problems("staging", pair("a"))).toEqual([]);
    const words = "a certificate and the key that it was made for, both PEM and the key not encrypted";
    const mixed = { ...pair("a"), key: pair("b").key };
    expect(problems("staging", mixed).map(({ path, allowed }) => [path, allowed])).toEqual([
      ["slipway:tcp.certificate", words],
    ]);
    const empty = { ...pair("a"), certificate: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----" };
    expect(problems("staging", empty).map(({ allowed }) => allowed)).toEqual([words]);
  });

  test("come together", () => {
    const { certificate, key } = pair("a");
    expect(problems("staging", { certificate }).map(({ path }) => path)).toEqual(["slipway:tcp.key"]);
    expect(problems("staging", { key }).map(({ path }) => path)).toEqual(["slipway:tcp.certificate"]);
  });

  test("a key that is no PEM is not shown", () => {
    const { certificate } = pair("a");
    const found = problems("staging", { certificate, key: secure("not-a-key") });
    expect(found.map(({ path }) => path)).toEqual(["slipway:tcp.key"]);
    expect(JSON.stringify(found)).not.toContain("not-a-key");
  });
});

describe("what is published", () => {
  const settings = { public: true, bind: "0.0.0.0", allow: ["203.0.113.0/24"] };
  const mcp = { alias: "mcp", port: 3001, listen: 3001 };

  test("nothing by default, else each route under its own number or the one of config", () => {
    expect(publicOf({ ...settings, public: false }, [mcp])).toBeUndefined();
    const open = { bind: "0.0.0.0", allow: ["203.0.113.0/24"] };
    expect(publicOf(settings, [mcp])).toEqual({ ...open, listeners: [{ listen: 3001, port: 3001 }] });
    expect(publicOf({ ...settings, port: 443 }, [mcp])).toEqual({ ...open, listeners: [{ listen: 3001, port: 443 }] });
  });

  test("a system that has no raw TCP, and one number for two ports, are refused in words", () => {
    expect(publicProblem(settings, { title: "AIDIS", tcp: [mcp] }, "s")).toBeUndefined();
    expect(publicProblem({ ...settings, public: false }, { title: "TMWS", tcp: [] }, "s")).toBeUndefined();
    expect(publicProblem(settings, { title: "TMWS 2.4", tcp: [] }, "s")).toBe(
      "slipway:tcp.public is true, and TMWS 2.4 has no raw TCP port that could be published; allowed: false. Mend: pulumi config set --path slipway:tcp.public false --stack s",
    );
    const two = { title: "AIDIS", tcp: [mcp, { ...mcp, port: 3002, listen: 3002 }] };
    expect(publicProblem({ ...settings, port: 443 }, two, "s")).toBe(
      "slipway:tcp.port is 443, and AIDIS has 2 raw TCP ports (3001, 3002); allowed: none, each is published under its own number. Mend: pulumi config rm --path slipway:tcp.port --stack s",
    );
    expect(publicProblem(settings, two, "s")).toBeUndefined();
  });
});

test("the config of a stack that says nothing of it is good", () => {
  expect(problemsOf(rawOf("production", good.production))).toEqual([]);
});
