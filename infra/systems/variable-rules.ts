import { everywhere, type Rule } from "../../components/options/rule.ts";

/** Variables of the app that no option of the system stands for. */
interface WithVariables {
  readonly extraEnv: Readonly<Record<string, unknown>>;
  readonly secretEnv: Readonly<Record<string, unknown>>;
}

/**
 * What `app.extraEnv` and `app.secretEnv` of every system must not hold: another way to set what Slipway sets would leave unclear which holds.
 * @param ownVariables those that the system sets itself
 */
export function variableRules(ownVariables: readonly string[]): readonly Rule<WithVariables>[] {
  return [
    {
      in: everywhere,
      allowed: "a variable that Slipway does not set itself; this one has its own option or a fixed value",
      breaks: ({ extraEnv, secretEnv }) => [
        ...ownVariables.filter((name) => Object.hasOwn(extraEnv, name)).map((name) => ["extraEnv", name]),
        ...ownVariables.filter((name) => Object.hasOwn(secretEnv, name)).map((name) => ["secretEnv", name]),
      ],
      remedy: (_, broken) => [{ remove: broken }],
    },
    {
      in: everywhere,
      allowed: "a variable either in app.extraEnv or in app.secretEnv, not in both",
      breaks: ({ extraEnv, secretEnv }) =>
        Object.keys(extraEnv)
          .filter((name) => Object.hasOwn(secretEnv, name) && !ownVariables.includes(name))
          .map((name) => ["extraEnv", name]),
      remedy: (_, broken) => [{ remove: broken }],
    },
  ];
}
