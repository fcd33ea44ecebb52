import type { Box } from "./box.ts";
import { eachBox } from "./containers.ts";
import type { ResourcePolicy } from "./policy.ts";

const modes = /^(TMWS_ENVIRONMENT|NODE_ENV|ENVIRONMENT|FLASK_ENV)$/;
const origins = /(^|_)(CORS_ORIGINS|ALLOWED_ORIGINS)$/;
const debugging = /(^|_)DEBUG$/;
const switchName = /_(AUTH|RATE_LIMIT|SECURITY_HEADERS|AUDIT_LOG|NAMESPACE_ISOLATION)_ENABLED$/;
/** What TMWS must be told in so many words: a variable that is missing leaves it to the image. */
const tmwsSwitches = ["AUTH", "RATE_LIMIT", "SECURITY_HEADERS", "AUDIT_LOG", "NAMESPACE_ISOLATION"].map(
  (name) => `TMWS_${name}_ENABLED`,
);

/** What makes the product itself fail secure; by the names that the five guides give their variables. */
export const variablePolicies: readonly ResourcePolicy[] = [
  eachBox(
    {
      name: "production-mode",
      level: "mandatory",
      guides: ["001:276", "001:297", "002:286", "003:267", "004:69"],
      allowed: "production or staging",
      mend: "pulumi config set --path slipway:app.environment production",
    },
    eachVariable(modes, (value) => !["production", "staging"].includes(value)),
  ),
  eachBox(
    {
      name: "origins-restricted",
      level: "mandatory",
      guides: ["000:409", "001:277", "002:242"],
      allowed: "https origins by name: no *, no plain http",
      mend: "pulumi config set --path 'slipway:app.corsOrigins[0]' https://<your domain>",
    },
    eachVariable(origins, (value) => /\*|http:\/\//.test(value)),
  ),
  eachBox(
    {
      name: "no-debugging",
      level: "mandatory",
      guides: ["001:278", "001:298", "001:706", "002:237", "004:73"],
      allowed: "a log level from INFO upwards, and no debug mode: both may print secrets",
      mend: "pulumi config set --path slipway:app.logLevel INFO",
    },
    (box) => [
      ...eachVariable(/(^|_)LOG_LEVEL$/, (value) => /^(debug|trace)$/i.test(value))(box),
      ...eachVariable(debugging, (value) => /^(1|true|yes|on)$/i.test(value))(box),
    ],
  ),
  eachBox(
    {
      name: "security-switched-on",
      level: "mandatory",
      guides: ["001:281", "001:282", "001:283", "001:284", "001:285", "001:296", "002:653"],
      allowed: "authentication, rate limit, security headers, audit log and namespace isolation true",
      mend: "pulumi config set --path slipway:app.<authEnabled, rateLimitEnabled, ...> true",
    },
    (box) => [
      ...eachVariable(switchName, (value) => value !== "true")(box),
      ...(Object.hasOwn(box.env, "TMWS_ENVIRONMENT")
        ? tmwsSwitches
            .filter((name) => !Object.hasOwn(box.env, name))
            .map((name) => [`env.${name}`, "not set"] as const)
        : []),
    ],
  ),
  eachBox(
    {
      name: "proxy-headers-believed-from-the-edge",
      level: "mandatory",
      guides: ["001:282", "001:334"],
      allowed: "no * in FORWARDED_ALLOW_IPS: who may forge an address gets past the rate limit",
      mend: "remove FORWARDED_ALLOW_IPS from the system's variables",
    },
    eachVariable(/^FORWARDED_ALLOW_IPS$/, (value) => value.includes("*")),
  ),
  eachBox(
    {
      name: "database-by-tls",
      level: "mandatory",
      guides: ["002:219", "002:584"],
      allowed: "DATABASE_SSL true: the server takes nothing else",
      mend: "pulumi config set --path slipway:app.databaseSsl true",
    },
    eachVariable(/^(DATABASE_SSL|PGSSLMODE)$/, (value) => /^(false|0|disable|allow|prefer)$/i.test(value)),
  ),
];

/** Values of settings that are no secrets, hence shown. */
function eachVariable(named: RegExp, isWrong: (value: string) => boolean) {
  return ({ env }: Box): readonly (readonly [string, string])[] =>
    Object.entries(env)
      .filter(([name, value]) => named.test(name) && isWrong(value))
      .map(([name, value]) => [`env.${name}`, JSON.stringify(value.slice(0, 80))]);
}
