import type { z } from "zod";
import { choice, integer, list, reason, text } from "../options/kinds.ts";
import { optional, required, section, withDefault } from "../options/option.ts";
import { everywhere, type Rule } from "../options/rule.ts";
import { proofFile } from "./options.ts";
import { signOffNames } from "./spec.ts";
import { weekDays } from "./window.ts";

const publicKey = text((value) => /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/.test(value), {
  allowed: "what `pulumi stack output proofKey` prints for the stack that proves",
  example: `MCowBQYDK2VwAyEA${"0123456789".repeat(4)}abc=`,
  ask: "<proofKey of staging>",
});

const otherStack = text((value) => /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,2}$/.test(value), {
  allowed: "a stack of this backend: staging, or organization/project/stack",
  example: "staging",
});

const time = (example: string) =>
  text((value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(value), { allowed: "a time of day, HH:MM", example });

const timeZone = text(isTimeZone, { allowed: "a time zone by its IANA name", example: "America/New_York" });

function isTimeZone(value: string): boolean {
  // UTC is none of the names that Intl lists, and every machine knows it.
  return value === "UTC" || Intl.supportedValuesOf("timeZone").includes(value);
}

const why = reason("hotfix for the outage of order 4711", "; it is recorded and announced");

const secretName = text((value) => /^[A-Za-z][^\0\s]*$/.test(value), {
  allowed: "a secret's name as the refusal says it",
  example: "app.secretEnv.VENDOR_KEY",
});

const option = text((value) => /^[A-Za-z][^\0\s]*$/.test(value), {
  allowed: "an option as the refusal says it, or a level above it",
  example: "app.extraEnv.PAYMENT_URL",
});

/** What a stack demands of the proof that it takes. */
export const promotionOptions = section({
  from: optional("Stack whose proof is taken, from its output `proof`.", otherStack, "none, see promotion.file"),
  file: optional("File with the signed proof, in place of promotion.from.", proofFile, "none, see promotion.from"),
  key: optional("Public key that the proof must be signed with.", publicKey, "none: a promotion is refused"),
  soakMinutes: withDefault(
    "How old a proof must be before it is taken: the other stack serves meanwhile.",
    integer(0, 43_200, "minutes", 60),
    60,
  ),
  maxAgeHours: withDefault("How old a proof may be.", integer(1, 8760, "hours", 168), 168),
  window: section({
    from: required("When the deployment window opens.", time("02:00")),
    to: required("When it closes; may be past midnight.", time("04:00")),
    timeZone: required("Time zone of the window.", timeZone),
    days: optional(
      "Days on which it opens.",
      list(choice(weekDays), "a list of mon, tue, wed, thu, fri, sat, sun"),
      "every day",
    ),
  }).optional(),
  override: optional(
    "Promotes outside of the window, and says why.",
    why,
    "none: outside of it a promotion is refused",
  ),
  signOffs: optional(
    "Sign-offs that the proof must have.",
    list(choice(signOffNames), `a list of ${signOffNames.join(", ")}`),
    signOffNames.join(", "),
  ),
  sharedSecrets: optional(
    "Secrets that may be the same on both stacks, e.g. the one key that a vendor gives.",
    list(secretName, "a list of secrets' names"),
    "none: an equal secret is refused",
  ),
  mayDiffer: optional(
    "Options that may have another value than the proved one.",
    list(option, "a list of options"),
    "none beside what every two stacks differ by",
  ),
});

/** Whether a stack takes its image by config, or what another stack proved. */
export const releaseOption = withDefault(
  "Where the image comes from: direct from image.ref or image.build, or promoted: exactly what another stack proved.",
  choice(["direct", "promoted"], "promoted"),
  "direct",
);

interface Chosen {
  readonly release: "direct" | "promoted";
  readonly promotion: z.output<typeof promotionOptions>;
  readonly image: { readonly build?: unknown };
}

const promoted =
  (breaks: Rule<Chosen>["breaks"]): Rule<Chosen>["breaks"] =>
  (all) =>
    all.release === "promoted" ? breaks(all) : [];
const source = [
  ["promotion", "from"],
  ["promotion", "file"],
];

/** What a promotion wants beside a good proof; paths from the root of the config. */
export const promotionRules: readonly Rule<Chosen>[] = [
  {
    in: everywhere,
    allowed: "with release promoted exactly one of promotion.from and promotion.file",
    reads: source,
    breaks: promoted(({ promotion: { from, file } }) =>
      from === undefined && file === undefined ? [["promotion", "from"]] : [],
    ),
  },
  {
    in: everywhere,
    allowed: "exactly one of promotion.from and promotion.file",
    reads: source,
    breaks: ({ promotion: { from, file } }) =>
      from !== undefined && file !== undefined ? [["promotion", "file"]] : [],
    remedy: (_, broken) => [{ remove: broken }],
  },
  {
    in: everywhere,
    allowed:
      "with release promoted the key that this stack trusts: `pulumi stack output proofKey --stack staging` prints it",
    breaks: promoted(({ promotion: { key } }) => (key === undefined ? [["promotion", "key"]] : [])),
  },
  {
    in: everywhere,
    allowed: "no build with release promoted: the image is the one that the proof names",
    breaks: promoted(({ image: { build } }) => (build === undefined ? [] : [["image", "build"]])),
    remedy: (_, broken) => [{ remove: broken }],
  },
  {
    in: everywhere,
    allowed: "a time other than promotion.window.from",
    breaks: ({ promotion: { window } }) =>
      window !== undefined && window.from === window.to ? [["promotion", "window", "to"]] : [],
  },
];
