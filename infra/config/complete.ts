import type { z } from "zod";
import { alertsRules } from "../../components/alertmanager/options.ts";
import { healthOf } from "../../components/app/options.ts";
import { completeEdge, edgeRules, originOf } from "../../components/edge/options.ts";
import type { FoundEdge } from "../../components/edge/share.ts";
import { profileOf } from "../../components/exporters/options.ts";
import { completeFirewall, firewallRules } from "../../components/firewall/options.ts";
import { imageRules } from "../../components/image/options.ts";
import { completeLogs, countRule, logsRules } from "../../components/logs/options.ts";
import { awsRules } from "../../components/machine/options.ts";
import { offsiteRules } from "../../components/offsite/options.ts";
import { completeOllama, gpuRule, ollamaRules } from "../../components/ollama/options.ts";
import { type Environment, environmentOf, environments } from "../../components/options/environment.ts";
import { everywhere, type Rule, within } from "../../components/options/rule.ts";
import { promotionRules } from "../../components/proof/promotion-options.ts";
import { completeTcp, tcpRules } from "../../components/switch/options.ts";
import { policyRules } from "./policies.options.ts";
import type { sectionsOf } from "./sections.ts";
import type { SystemOptions } from "./system-options.ts";

/** What the schema makes of a config. */
export type Input = z.output<z.ZodObject<ReturnType<typeof sectionsOf>, z.core.$strict>> & { system: string };

/** The config with every default applied, those that depend on other options too; rules are checked on it. */
export function complete(input: Input, system: SystemOptions, stack: string, shared?: FoundEdge) {
  const environment = environmentOf(input.environment, stack);
  const edge = completeEdge(input.edge, environment, shared);
  const profile = profileOf(input.watch.profile, environment, input.tier);
  return {
    ...input,
    stack,
    chosenEnvironment: input.environment,
    environment,
    edge,
    watch: { profile },
    logs: completeLogs(input.logs, { profile, prometheus: input.prometheus.enabled }),
    firewall: completeFirewall(input.firewall, environment, input.host),
    tcp: completeTcp(input.tcp, environment),
    app: system.complete(input.app, originOf(edge)),
    ollama: completeOllama(input.ollama, system.defaults.ollama),
    health: healthOf(system.defaults.health, input.health),
  };
}

export type Complete = ReturnType<typeof complete>;

const strictness = (environment: Environment) => environments.indexOf(environment);

const stackRules: readonly Rule<Complete>[] = [
  {
    in: everywhere,
    allowed: "nothing laxer than the stack's name says",
    breaks: ({ stack, environment }) =>
      strictness(environment) < strictness(environmentOf(undefined, stack)) ? [["environment"]] : [],
    remedy: ({ stack }) => [{ set: ["environment"], to: stack }],
  },
  {
    // A stack called `prod` would else be as lax as a laptop's.
    in: everywhere,
    allowed:
      "local, staging or production, said in so many words: the stack's name sounds like one of them but is none",
    breaks: ({ stack, chosenEnvironment }) =>
      chosenEnvironment === undefined && /prod|prd|stag/i.test(stack) && !environments.some((one) => one === stack)
        ? [["environment"]]
        : [],
    remedy: ({ stack }) => [{ set: ["environment"], to: /stag/i.test(stack) ? "staging" : "production" }],
  },
];

const redisRule: Rule<Complete> = {
  in: everywhere,
  allowed: "true: this system cannot run without Redis",
  breaks: ({ redis }) => (redis.enabled ? [] : [["redis", "enabled"]]),
  remedy: () => [{ set: ["redis", "enabled"], to: true }],
};

const ollamaRule: Rule<Complete> = {
  in: everywhere,
  allowed: "native or container: this system cannot run without Ollama",
  breaks: ({ ollama }) => (ollama.mode === "off" ? [["ollama", "mode"]] : []),
  remedy: (_, path) => [{ remove: path }],
};

const sentLogRule: Rule<Complete> = {
  in: everywhere,
  allowed: "false where backup.continuous is false: nobody receives the log that would be sent",
  breaks: ({ backup, offsite }) =>
    offsite.continuous && backup.continuous === false ? [["offsite", "continuous"]] : [],
  remedy: (_, path) => [{ remove: path }],
};

/** A promotion brings its image with it. */
const directImageRules: readonly Rule<Complete>[] = within("image", imageRules).map((rule) => ({
  ...rule,
  breaks: (whole: Complete) => (whole.release === "promoted" ? [] : rule.breaks(whole)),
}));

/** The strictness table of the whole config. */
export function rulesOf(system: SystemOptions): readonly Rule<Complete>[] {
  return [
    ...stackRules,
    ...awsRules,
    ...(system.needsRedis === true ? [redisRule] : []),
    ...(system.needsOllama === true ? [ollamaRule] : []),
    ...directImageRules,
    ...promotionRules,
    ...within("edge", edgeRules),
    ...within("firewall", firewallRules),
    ...within("tcp", tcpRules),
    ...within("ollama", ollamaRules(system.defaults.ollama)),
    gpuRule,
    ...within("alerts", alertsRules),
    ...within("logs", logsRules),
    countRule,
    ...within("offsite", offsiteRules),
    sentLogRule,
    ...within("policies", policyRules),
    ...within("app", system.rules),
  ];
}
