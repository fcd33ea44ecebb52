import type { z } from "zod";
import { announceOptions } from "../../components/announce/options.ts";
import { healthOf, healthOptions, resourcesOptions } from "../../components/app/options.ts";
import { backupOptions } from "../../components/backup/options.ts";
import { completeEdge, edgeOptions, edgeRules, originOf } from "../../components/edge/options.ts";
import type { FoundEdge } from "../../components/edge/share.ts";
import { imageOptions, imageRules, registriesOption } from "../../components/image/options.ts";
import { completeOllama, gpuRule, ollamaOptions, ollamaRules } from "../../components/ollama/options.ts";
import { postgresOptions } from "../../components/postgres/options.ts";
import { prometheusOptions } from "../../components/prometheus/options.ts";
import { redisOptions } from "../../components/redis/options.ts";
import { rolloutOptions } from "../../components/rollout/options.ts";
import { completeTcp, tcpOptions, tcpRules } from "../../components/switch/options.ts";
import { type Environment, environmentOf, environments } from "./environment.ts";
import { choice } from "./kinds.ts";
import { optional, required, section, withDefault } from "./option.ts";
import { preflightOptions } from "./preflight.options.ts";
import { everywhere, type Rule, within } from "./rule.ts";
import { type SystemOptions, systems } from "./systems.ts";

/** The whole config of a stack that runs this system. */
export function rootSchema(system: SystemOptions) {
  const [first, ...others] = [...new Set([...systems.map(({ name }) => name), system.name])];
  return section({
    system: withDefault(
      "Product that the stack runs; one of your own by the path of its file.",
      choice([first ?? system.name, ...others]),
      systems[0].name,
    ),
    environment: optional(
      "How strict the config is.",
      choice(environments),
      "the stack's name when it is local, staging or production, else local",
    ),
    platform: withDefault("Where the stack runs.", choice(["docker"]), "docker"),
    tier: withDefault("How large the parts are.", choice(["small", "medium", "large"]), "small"),
    images: required(
      "Where the images of the parts come from; `npm start` finds out and writes it.",
      choice(["official", "debian"], "debian"),
    ),
    image: imageOptions,
    registries: registriesOption,
    edge: edgeOptions,
    tcp: tcpOptions,
    app: system.schema,
    redis: redisOptions,
    postgres: postgresOptions,
    ollama: ollamaOptions,
    health: healthOptions,
    rollout: rolloutOptions,
    announce: announceOptions,
    backup: backupOptions,
    prometheus: prometheusOptions,
    preflight: preflightOptions,
    resources: resourcesOptions,
  });
}

export type Input = z.output<ReturnType<typeof rootSchema>>;

/** The config with every default applied, those that depend on other options too; rules are checked on it. */
export function complete(input: Input, system: SystemOptions, stack: string, shared?: FoundEdge) {
  const environment = environmentOf(input.environment, stack);
  const edge = completeEdge(input.edge, environment, shared);
  return {
    ...input,
    stack,
    chosenEnvironment: input.environment,
    environment,
    edge,
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

/** The strictness table of the whole config. */
export function rulesOf(system: SystemOptions): readonly Rule<Complete>[] {
  return [
    ...stackRules,
    ...(system.needsRedis === true ? [redisRule] : []),
    ...(system.needsOllama === true ? [ollamaRule] : []),
    ...within("image", imageRules),
    ...within("edge", edgeRules),
    ...within("tcp", tcpRules),
    ...within("ollama", ollamaRules(system.defaults.ollama)),
    gpuRule,
    ...within("app", system.rules),
  ];
}
