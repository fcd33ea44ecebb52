import { describe, expect, test } from "vitest";
import { changed, expected, type GoodStack, problemsOf, rawOf, secure } from "./config-fixture.ts";

const askHost = "set '<host name>'";
const askOrigin = "set '<https://host>'";
const askRef = "set '<repository:tag@sha256:digest>'";
const checklist = "true in production (guide 001, Essential Security Checklist)";
const digestOnly =
  "in production an image by digest, repository:tag@sha256: with 64 hex digits: a tag can be moved to another image";
const ownVariable = "a variable that Slipway does not set itself; this one has its own option or a fixed value";
const publicName = "in production a public host name, none that is reserved for one machine or for examples";
const ownMachine = "in production no origin on one's own machine";

type Change = Readonly<Record<string, unknown>>;

/** What each environment refuses: stack, change, path, value shown, allowed, mend. */
const cases: readonly (readonly [GoodStack, Change, string, string, string, string])[] = [
  [
    "local",
    { "offsite.url": "s3:https://s3.example.org/backups" },
    "offsite.password",
    "(not set)",
    "with offsite.url the password that encrypts the copies",
    "pulumi config set --path 'slipway:offsite.password' --secret --stack local",
  ],
  [
    "local",
    { "offsite.keyId": "AKIA0" },
    "offsite.key",
    "(not set)",
    "with offsite.keyId its key",
    "pulumi config set --path 'slipway:offsite.key' --secret --stack local",
  ],
  [
    "local",
    {
      "offsite.url": "sftp://backup@nas.example.org/tmws",
      "offsite.password": secure("0123456789abcdef-copies"),
      "offsite.knownHosts": "nas.example.org ssh-ed25519 AAAAC3Nz",
    },
    "offsite.sshKey",
    "(not set)",
    "with an sftp url the key that is let in, and the host's own in known_hosts",
    "pulumi config set --path 'slipway:offsite.sshKey' --secret --stack local",
  ],
  [
    "local",
    {
      "offsite.url": "rest:https://backups.example.org/tmws",
      "offsite.password": secure("0123456789abcdef-copies"),
      "offsite.storageClass": "STANDARD_IA",
    },
    "offsite.storageClass",
    "STANDARD_IA",
    "none but with an s3 url: nothing else has classes",
    "pulumi config rm --path 'slipway:offsite.storageClass' --stack local",
  ],
  [
    "staging",
    { "offsite.url": "rest:http://backups.example.org/tmws", "offsite.password": secure("0123456789abcdef-copies") },
    "offsite.url",
    "rest:http://backups.example.org/tmws",
    "https: the key of the repository goes with each request",
    "set s3:https://s3.eu-central-1.amazonaws.com/acme-backups/tmws",
  ],
  [
    "local",
    { "logs.ship.to": "loki" },
    "logs.ship.url",
    "(not set)",
    "with logs.ship.to the receiver's URL",
    "set '<URL of the receiver>'",
  ],
  [
    "local",
    { "logs.ship.to": "syslog", "logs.ship.url": "https://logs.example.org" },
    "logs.ship.url",
    "https://logs.example.org",
    "tls://, tcp:// or udp:// with a port for syslog, an http or https URL for all others",
    "set tls://logs.example.com:6514",
  ],
  [
    "local",
    { "logs.ship.to": "splunk", "logs.ship.url": "https://splunk.example.org:8088" },
    "logs.ship.token",
    "(not set)",
    "with splunk and datadog their token",
    "pulumi config set --path 'slipway:logs.ship.token' --secret --stack local",
  ],
  [
    "local",
    { "logs.ship.to": "loki", "logs.ship.url": "https://loki.example.org", "logs.ship.user": "writer" },
    "logs.ship.token",
    "(not set)",
    "with a user its password or key",
    "pulumi config set --path 'slipway:logs.ship.token' --secret --stack local",
  ],
  [
    "staging",
    { "logs.ship.to": "loki", "logs.ship.url": "http://loki.example.org" },
    "logs.ship.url",
    "http://loki.example.org",
    "https or tls: lines and the token go over the network",
    "set https://logs.example.com",
  ],
  ...["auth", "rateLimit", "securityHeaders", "auditLog", "namespaceIsolation"].map(
    (name) =>
      ["production", { [`app.${name}Enabled`]: false }, `app.${name}Enabled`, "false", checklist, "set true"] as const,
  ),
  ...["advisory", "off"].map(
    (mode) =>
      [
        "production",
        { "policies.mode": mode },
        "policies.mode",
        mode,
        "on in production; one policy is excepted by its name in policies.except, with a reason",
        "set on",
      ] as const,
  ),
  [
    "production",
    { "app.environment": "development" },
    "app.environment",
    "development",
    "production on a production stack",
    "set production",
  ],
  [
    "production",
    { "app.logLevel": "DEBUG" },
    "app.logLevel",
    "DEBUG",
    "INFO, WARNING, ERROR or CRITICAL in production: DEBUG may print secrets",
    "set INFO",
  ],
  [
    "production",
    { "app.corsOrigins": ["https://acme.dev", "*"] },
    "app.corsOrigins[1]",
    "*",
    "in production the origins by name, never *: any web page could call the API",
    askOrigin,
  ],
  [
    "production",
    { "app.corsOrigins": ["https://localhost:3000"] },
    "app.corsOrigins[0]",
    "https://localhost:3000",
    ownMachine,
    askOrigin,
  ],
  [
    "production",
    { "app.corsOrigins": ["http://127.0.0.1"] },
    "app.corsOrigins[0]",
    "http://127.0.0.1",
    ownMachine,
    askOrigin,
  ],
  [
    "production",
    { "app.corsOrigins": ["https://[::1]:3000"] },
    "app.corsOrigins[0]",
    "https://[::1]:3000",
    ownMachine,
    askOrigin,
  ],
  [
    "production",
    { "app.corsOrigins": ["http://acme.dev"] },
    "app.corsOrigins[0]",
    "http://acme.dev",
    "in production https origins only: a plain http page can be changed on its way",
    askOrigin,
  ],
  [
    "production",
    { "image.ref": "ghcr.io/acme/tmws:2.4.0" },
    "image.ref",
    "ghcr.io/acme/tmws:2.4.0",
    digestOnly,
    askRef,
  ],
  ["production", { "edge.domain": "tmws.localhost" }, "edge.domain", "tmws.localhost", publicName, askHost],
  ["production", { "edge.domain": "tmws.example.com" }, "edge.domain", "tmws.example.com", publicName, askHost],
  [
    "production",
    { "edge.tls": { mode: "internal" } },
    "edge.tls.mode",
    "internal",
    "acme in production: browsers do not trust the edge's own CA",
    "set acme",
  ],
  [
    "production",
    { "edge.tls": {} },
    "edge.tls.email",
    "(not set)",
    "an e-mail address; tls.mode acme needs one for the CA's warnings",
    "set '<e-mail address>'",
  ],
  [
    "production",
    { environment: "staging" },
    "environment",
    "staging",
    "nothing laxer than the stack's name says",
    "set production",
  ],
  [
    "staging",
    { environment: "local" },
    "environment",
    "local",
    "nothing laxer than the stack's name says",
    "set staging",
  ],
  [
    "production",
    { "edge.httpPort": 443 },
    "edge.httpPort",
    "443",
    "a port other than edge.httpsPort, or 0 for none",
    "set 0",
  ],
  [
    "production",
    { "edge.httpsPort": 8443, "edge.httpPort": 8080 },
    "edge.httpsPort",
    "8443",
    "443, or edge.httpPort 80: a public CA sends its challenges to these ports only",
    "set 443",
  ],
  [
    "local",
    { "edge.tls": { email: "ops@acme.dev" } },
    "edge.tls.email",
    "ops@acme.dev",
    "only with tls.mode acme: another has no use for it",
    "rm",
  ],
  [
    "local",
    { "app.licenseApi": "public", "app.authEnabled": false },
    "app.licenseApi",
    "public",
    "off or internal while app.authEnabled is false: anyone could make licenses",
    "set internal",
  ],
  ["local", { "app.extraEnv": { TMWS_LOG_LEVEL: "DEBUG" } }, "app.extraEnv.TMWS_LOG_LEVEL", "DEBUG", ownVariable, "rm"],
  [
    "local",
    { "app.extraEnv": { FORWARDED_ALLOW_IPS: "*" } },
    "app.extraEnv.FORWARDED_ALLOW_IPS",
    "*",
    ownVariable,
    "rm",
  ],
  [
    "local",
    { "app.secretEnv": { TMWS_SECRET_KEY: secure("a-Secret-0") } },
    "app.secretEnv.TMWS_SECRET_KEY",
    "(secret)",
    ownVariable,
    "rm",
  ],
  [
    "local",
    { "app.extraEnv": { TOKEN: "a" }, "app.secretEnv": { TOKEN: secure("a-Secret-0") } },
    "app.extraEnv.TOKEN",
    "a",
    "a variable either in app.extraEnv or in app.secretEnv, not in both",
    "rm",
  ],
  ["local", { image: undefined }, "image", "(not set)", "exactly one of image.build and image.ref", "ref"],
  [
    "staging",
    { "image.ref": "ghcr.io/acme/tmws:2.4.0" },
    "image.build",
    '{"context":"../tmws","target":"runtime","args":{"VERSION":"2.4.0"}}',
    "exactly one of image.build and image.ref",
    "rm",
  ],
  [
    "production",
    { image: { build: { context: "." } } },
    "image.build",
    '{"context":"."}',
    "no build in production: it takes the image that staging proved, by digest, in image.ref",
    "rmAndRef",
  ],
];

describe("what an environment refuses", () => {
  test.each(cases)("%s: %j", (stack, change, path, shown, allowed, mend) => {
    const problems = problemsOf(rawOf(stack, changed(stack, change)));
    expect(problems).toEqual([expected(stack, path, shown, allowed, command(stack, path, mend))]);
  });

  test("acme for a name that no public CA knows, on staging", () => {
    const config = changed("staging", {
      "edge.domain": "tmws.test",
      "edge.tls": { mode: "acme", email: "ops@acme.dev" },
    });
    expect(problemsOf(rawOf("staging", config))).toEqual([
      {
        path: "slipway:edge.domain",
        value: "tmws.test",
        allowed: "with tls.mode acme a public host name: no public CA issues a certificate for this one",
        mend: "pulumi config set --path 'slipway:edge.tls.mode' internal --stack staging",
      },
    ]);
  });

  test("a stack whose name sounds like an environment must say which", () => {
    expect(problemsOf(rawOf("prod-eu", changed("local", {})))).toEqual([
      {
        path: "slipway:environment",
        value: "local (by default)",
        allowed:
          "local, staging or production, said in so many words: the stack's name sounds like one of them but is none",
        mend: "pulumi config set slipway:environment production --stack prod-eu",
      },
    ]);
    expect(problemsOf(rawOf("prod-eu", { ...changed("production", {}), environment: "production" }))).toEqual([]);
  });

  test("environment production is as strict on a stack of any name", () => {
    const lax = {
      "app.authEnabled": false,
      "app.logLevel": "DEBUG",
      "image.ref": "tmws:2.4.0",
      "edge.tls": { mode: "internal" },
    };
    const paths = (stack: string) =>
      problemsOf(rawOf(stack, { ...changed("production", lax), environment: "production" })).map(({ path }) => path);
    const all = ["slipway:image.ref", "slipway:edge.tls.mode", "slipway:app.authEnabled", "slipway:app.logLevel"];
    expect(paths("blue")).toEqual(all);
    expect(paths("production")).toEqual(all);
  });
});

function command(stack: GoodStack, path: string, mend: string): string {
  const ref = `pulumi config set --path 'slipway:image.ref' '<repository:tag@sha256:digest>' --stack ${stack}`;
  if (mend === "ref") return ref;
  return mend === "rmAndRef" ? `pulumi config rm --path 'slipway:${path}' --stack ${stack} && ${ref}` : mend;
}
