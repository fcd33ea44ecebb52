export const environments = ["local", "staging", "production"] as const;

/** Laxest first. */
export type Environment = (typeof environments)[number];

/** Whether a word of a config is one of the three. */
export function isEnvironment(word: unknown): word is Environment {
  return environments.some((environment) => environment === word);
}

/** The environment that holds: the configured one, else the stack's name when it is one, else local. */
export function environmentOf(configured: unknown, stack: string): Environment {
  if (isEnvironment(configured)) return configured;
  return isEnvironment(stack) ? stack : "local";
}
