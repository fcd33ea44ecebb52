import type { RolloutInputs } from "./spec.ts";

/** Every secret that a message of a release could repeat. */
export function secretsOf(
  inputs: Pick<RolloutInputs, "secretEnv" | "dataSecrets" | "gate" | "webhook">,
): readonly string[] {
  const values = [
    ...Object.values(inputs.secretEnv).flatMap((env) => Object.values(env)),
    ...Object.values(inputs.dataSecrets),
    ...Object.values(inputs.gate.tokens),
    inputs.webhook,
  ];
  return withPasswords(values);
}

/** These values, and the passwords alone of those that are URLs. */
export function withPasswords(values: readonly string[]): readonly string[] {
  return values.filter((value) => value !== "").flatMap((value) => [value, ...passwordIn(value)]);
}

/** A store's URL carries a password, which a log may show alone. */
function passwordIn(value: string): readonly string[] {
  const password = URL.canParse(value) ? new URL(value).password : "";
  return password === "" ? [] : [password, decodeURIComponent(password)];
}
