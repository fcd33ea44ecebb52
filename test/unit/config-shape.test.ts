import { describe, expect, test } from "vitest";
import { changed, digest, expected, type GoodStack, problemsOf, rawOf, secure } from "./config-fixture.ts";

const dockerHost = "ssh://user@host, ssh://user@host:port, ssh://user@host/path/of/docker.sock, or unix:///path";
const port = "a whole number from 1 to 65535";
const host = "a full host name in lower case, such as tmws.localhost on a laptop";
const origin = "an origin, https://host or https://host:port in lower case, without a path and without :443";
const imageRef = "repository:tag, or repository:tag@sha256: with 64 hex digits";
const askRef = "set '<repository:tag@sha256:digest>'";
const acmeDirectory = "the https URL of an ACME directory";
const setDirectory = "set https://acme-staging-v02.api.letsencrypt.org/directory";
const trueOrFalse = "true or false";
const variable = "a name of capitals, digits and _ that begins with a letter";
const registry = "a registry's host or host:port in lower case, without https:// and without a path";
const seconds = (from: number, to: number) => `a whole number of seconds from ${from} to ${to}`;

/** One broken value each: path, value put in, value shown, allowed, mend. */
const cases: readonly (readonly [string, unknown, string, string, string])[] = [
  ["system", "tmsw", "tmsw", "one of tmws, tmws-2.3, aidis, tria, diligence", "set tmws"],
  ["environment", "prod", "prod", "one of local, staging, production", "set local"],
  ["platform", "podman", "podman", "one of docker, kubernetes, aws", "set docker"],
  ["host", "tcp://10.0.0.5:2375", "tcp://10.0.0.5:2375", dockerHost, "set '<host>'"],
  ["host", "ssh://deploy:password@example.org", "ssh://deploy:password@example.org", dockerHost, "set '<host>'"],
  ["tier", "huge", "huge", "one of small, medium, large", "set small"],
  ["tier", "", '""', "one of small, medium, large", "set small"],
  ["images", undefined, "(not set)", "one of official, debian", "set debian"],
  ["edge.domain", undefined, "(not set)", host, "set '<host name>'"],
  ["edge.domain", "localhost", "localhost", host, "set '<host name>'"],
  ["edge.domain", "192.168.1.7", "192.168.1.7", host, "set '<host name>'"],
  ["edge.domain", "TMWS.localhost", "TMWS.localhost", host, "set '<host name>'"],
  ["edge.domain", "https://tmws.localhost", "https://tmws.localhost", host, "set '<host name>'"],
  ["edge.domain", `${"a".repeat(64)}.localhost`, `${"a".repeat(64)}.localhost`, host, "set '<host name>'"],
  ["edge.domain", { name: "x" }, '{"name":"x"}', host, "set '<host name>'"],
  ["edge.domain", null, "null", host, "set '<host name>'"],
  ["edge.httpsPort", 70000, "70000", port, "set 8443"],
  ["edge.httpsPort", 0, "0", port, "set 8443"],
  ["edge.httpsPort", 443.5, "443.5", port, "set 8443"],
  ["edge.httpsPort", "https", "https", port, "set 8443"],
  ["edge.tls.email", "a{$HOME}@acme.dev", "a{$HOME}@acme.dev", "an e-mail address", "set '<e-mail address>'"],
  ["edge.tls.email", 'a"b@acme.dev', 'a"b@acme.dev', "an e-mail address", "set '<e-mail address>'"],
  ["edge.tls.email", "a@acme.dev } admin :1", "a@acme.dev } admin :1", "an e-mail address", "set '<e-mail address>'"],
  ["edge.tls.ca", "https://a.dev/{env.HOME}", "https://a.dev/{env.HOME}", acmeDirectory, setDirectory],
  ["app.extraEnv.FOO", "half \ud83d", "half \ud83d", "a text", "set '<value>'"],
  ["app.extraEnv.FOO", "nul \0", "nul  ", "a text", "set '<value>'"],
  ["edge.httpPort", -1, "-1", "a whole number from 0 to 65535", "set 0"],
  ["edge.tls.mode", "letsencrypt", "letsencrypt", "one of internal, acme, own", "set acme"],
  ["app.corsOrigins", "https://a.dev", "https://a.dev", "a list of origins, https://host or https://host:port", "list"],
  ["app.corsOrigins", ["https://a.dev/path"], "https://a.dev/path", origin, "item"],
  ["app.corsOrigins", ["https://a.dev", "a.dev"], "a.dev", origin, "item1"],
  ["app.corsOrigins", ["https://A.dev"], "https://A.dev", origin, "item"],
  ["app.corsOrigins", ["https://a.dev:443"], "https://a.dev:443", origin, "item"],
  ["app.corsOrigins", [7], "7", origin, "item"],
  ["app.apiKeyExpireDays", 0, "0", "a whole number of days from 1 to 3650", "set 90"],
  ["app.licenseDefaultTier", "GOLD", "GOLD", "one of FREE, PRO, ENTERPRISE, ADMINISTRATOR", "set FREE"],
  ["app.licenseApi", "on", "on", "one of off, internal, public", "set off"],
  ["app.logLevel", "info", "info", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL", "set INFO"],
  ["app.authEnabled", "yes", "yes", trueOrFalse, "set true"],
  ["app.authEnabled", 1, "1", trueOrFalse, "set true"],
  [
    "app.schemaRevision",
    "head; rm",
    "head; rm",
    "an Alembic revision: 1 to 32 letters, digits, _ or -",
    "set 20251124_v2_license",
  ],
  ["app.version", "latest", "latest", "a version, such as 2.4.0", "set 2.4.0"],
  ["app.extraEnv.lower", "x", 'the key "lower"', variable, "rm"],
  ["app.extraEnv.constructor", "x", 'the key "constructor"', variable, "rm"],
  ["app.extraEnv.FOO", ["x"], '["x"]', "a text", "set '<value>'"],
  [
    "image.build.context",
    undefined,
    "(not set)",
    "a path, seen from the folder of Pulumi.yaml",
    "set test/workloads/tmws",
  ],
  ["image.commit", "main", "main", "a commit id of 7 to 40 hex digits", "set '<commit id>'"],
  ["image.build", "here", "here", "an object with the keys context, dockerfile, target, args", "rm"],
  ["registries.docker/io", { username: "a", password: secure("a-Token-0") }, 'the key "docker/io"', registry, "rmName"],
  ["health.intervalSeconds", 0, "0", seconds(1, 3600), "set 30"],
  ["rollout.readyTimeoutSeconds", "1m", "1m", seconds(1, 3600), "set 60"],
  ["rollout.stopGraceSeconds", 3601, "3601", seconds(1, 3600), "set 30"],
  ["rollout.drainSeconds", -1, "-1", seconds(0, 3600), "set 30"],
  ["rollout.holdSeconds", 0, "0", seconds(1, 600), "set 5"],
  ["rollout.bakeSeconds", 1801, "1801", seconds(0, 1800), "set 60"],
  ["rollout.soakHours", 8761, "8761", "a whole number of hours from 0 to 8760", "set 24"],
  ["rollout.migration", "shrink", "shrink", "one of expand, contract", "set contract"],
  ["rollout.back", "up", "up", "one of code, schema, data", "set code"],
  ["rollout.retry", "yes", "yes", "the 16 hex digits that the refusal names", "set 0123456789abcdef"],
  ["backup.keep", 0, "0", "a whole number of sets from 3 to 3650", "set 30"],
  ["prometheus.retentionDays", 4000, "4000", "a whole number of days from 1 to 3650", "set 15"],
  ["resources.cpus", 0, "0", "a number of cores from 0.1 to 256", "set 2"],
  ["resources.memoryMb", 64, "64", "a whole number of megabytes from 128 to 1048576", "set 2048"],
  [
    "preflight.override",
    "because",
    "because",
    "a reason of 10 characters or more; it is recorded in the stack's output `preflight`",
    "set '<reason>'",
  ],
  [
    "health",
    [30],
    "[30]",
    "an object with the keys intervalSeconds, timeoutSeconds, startPeriodSeconds, retries",
    "rm",
  ],
];

describe("a broken value", () => {
  test.each(cases)("%s = %j", (path, value, shown, allowed, mend) => {
    const problems = problemsOf(rawOf("local", changed("local", { [path]: value })));
    expect(problems).toEqual([problemWith("local", path, shown, allowed, mend)]);
  });

  test.each([
    "tmws",
    "Tmws:1",
    "ghcr.io/acme/tmws:2.4.0@sha256:abc",
    `ghcr.io/acme/tmws:2.4.0@${digest.toUpperCase()}`,
    "https://ghcr.io/acme/tmws:1",
  ])("image.ref = %s", (ref) => {
    const problems = problemsOf(rawOf("staging", changed("staging", { "image.build": undefined, "image.ref": ref })));
    expect(problems).toEqual([expected("staging", "image.ref", ref, imageRef, askRef)]);
  });
});

function problemWith(stack: GoodStack, path: string, shown: string, allowed: string, mend: string) {
  const ask = `pulumi config set --path 'slipway:${path}[0]' '<https://host>' --stack ${stack}`;
  switch (mend) {
    case "list":
      return expected(
        stack,
        path,
        shown,
        allowed,
        `pulumi config rm --path 'slipway:${path}' --stack ${stack} && ${ask}`,
      );
    case "item":
      return expected(stack, `${path}[0]`, shown, allowed, "set '<https://host>'");
    case "item1":
      return expected(stack, `${path}[1]`, shown, allowed, "set '<https://host>'");
    case "rmName":
      return expected(stack, 'registries["docker/io"]', shown, allowed, "rm");
    default:
      return expected(stack, path, shown, allowed, mend);
  }
}
