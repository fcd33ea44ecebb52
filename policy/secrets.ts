import { isPlaceholder } from "../components/options/placeholder.ts";
import { boxesOf } from "./box.ts";
import { eachBox } from "./containers.ts";
import { isStep, recordAt } from "./planned.ts";
import type { ResourcePolicy } from "./policy.ts";

/** Names by which products call a secret; a name that ends in FILE or PATH leads to one. */
const secretName = /SECRET|PASSWORD|PASSWD|(^|_)TOKEN(_|$)|CREDENTIAL|PRIVATE_KEY|API_KEY|ACCESS_KEY|(^|_)DSN$/;
const noSecretName = /(_FILE|_PATH|_DIR|_ID|_EXPIRE_DAYS|_TTL|_LIFETIME|_ENABLED|_URL)$/;
/** A number or a switch is none, whatever it is called. */
const noSecret = /^(\d{1,9}(\.\d+)?|true|false|)$/i;
/** `scheme://user:password@`, whatever the variable is called. */
const credentials = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@]+@/i;

/** What is a secret is named, never shown: not by these rules either. */
export const secretPolicies: readonly ResourcePolicy[] = [
  eachBox(
    {
      name: "secrets-encrypted",
      level: "mandatory",
      guides: [
        "001:275",
        "001:290",
        "001:464",
        "002:243",
        "002:650",
        "003:240",
        "003:249",
        "003:255",
        "003:262",
        "004:57",
        "004:70",
        "004:83",
      ],
      allowed: "secrets as secrets of the system, which a plan and a state hold encrypted",
      mend: "pulumi config set --path --secret 'slipway:app.secretEnv[\"NAME\"]', and remove the plain variable",
    },
    ({ env }) =>
      Object.entries(env)
        .filter(([name, value]) => holdsSecret(name, value))
        .map(([name]) => ["env", `with ${name} in clear`]),
  ),
  {
    name: "no-placeholders",
    level: "mandatory",
    guides: ["000:400", "003:240", "003:249", "003:262", "003:292"],
    allowed: "values of one's own, nothing that an example file left to be replaced",
    mend: "pulumi config set --path 'slipway:app.<option>' <your value>, with --secret for a secret",
    kind: "resource",
    judge: (resource) => {
      const plain = boxesOf(resource).flatMap(({ at, env }) => placeholdersIn(env).map((name) => `${at}env.${name}`));
      const secret = isStep("Rollout")(resource)
        ? Object.entries(recordAt(resource.inputs, "secretEnv")).flatMap(([workload, values]) =>
            placeholdersIn(recordAt(values)).map((name) => `secretEnv.${workload}.${name}`),
          )
        : [];
      return [...plain, ...secret].map((at) => ({ at, is: "a placeholder" }));
    },
  },
];

function holdsSecret(name: string, value: string): boolean {
  if (noSecret.test(value)) return false;
  return credentials.test(value) || (secretName.test(name) && !noSecretName.test(name));
}

function placeholdersIn(env: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    typeof value === "string" && isPlaceholder(value) ? [name] : [],
  );
}
