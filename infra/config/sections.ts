import { alertsOptions } from "../../components/alertmanager/options.ts";
import { announceOptions } from "../../components/announce/options.ts";
import { healthOptions, resourcesOptions } from "../../components/app/options.ts";
import { backupOptions, dataOptions } from "../../components/backup/options.ts";
import { kubernetesOptions } from "../../components/cluster/options.ts";
import { edgeOptions } from "../../components/edge/options.ts";
import { watchOptions } from "../../components/exporters/options.ts";
import { firewallOptions } from "../../components/firewall/options.ts";
import { imageOptions, registriesOption } from "../../components/image/options.ts";
import { logsOptions } from "../../components/logs/options.ts";
import { awsOptions } from "../../components/machine/options.ts";
import { offsiteOptions } from "../../components/offsite/options.ts";
import { ollamaOptions } from "../../components/ollama/options.ts";
import { environments } from "../../components/options/environment.ts";
import { choice } from "../../components/options/kinds.ts";
import { optional, required, withDefault } from "../../components/options/option.ts";
import { tierNames } from "../../components/options/tier.ts";
import { postgresOptions } from "../../components/postgres/options.ts";
import { prometheusOptions } from "../../components/prometheus/options.ts";
import { proofOptions } from "../../components/proof/options.ts";
import { promotionOptions, releaseOption } from "../../components/proof/promotion-options.ts";
import { redisOptions } from "../../components/redis/options.ts";
import { rolloutOptions } from "../../components/rollout/options.ts";
import { secretsOptions } from "../../components/secrets/options.ts";
import { tcpOptions } from "../../components/switch/options.ts";
import { hostOption } from "./host.option.ts";
import { policiesOptions } from "./policies.options.ts";
import { preflightOptions } from "./preflight.options.ts";
import type { SystemOptions } from "./system-options.ts";

/** Every option of a stack beside the name of its system. */
export function sectionsOf(system: SystemOptions) {
  return {
    environment: optional(
      "How strict the config is.",
      choice(environments),
      "the stack's name when it is local, staging or production, else local",
    ),
    platform: withDefault(
      "Where the stack runs; with aws `npm run host` makes the Docker host, see docs/aws.md.",
      choice(["docker", "kubernetes", "aws"]),
      "docker",
    ),
    host: hostOption,
    kubernetes: kubernetesOptions,
    aws: awsOptions,
    tier: withDefault("How large the parts are.", choice(tierNames), "small"),
    images: required(
      "Where the images of the parts come from; `npm start` finds out and writes it.",
      choice(["official", "debian"], "debian"),
    ),
    image: imageOptions,
    registries: registriesOption,
    edge: edgeOptions,
    firewall: firewallOptions,
    tcp: tcpOptions,
    app: system.schema,
    redis: redisOptions,
    postgres: postgresOptions,
    secrets: secretsOptions,
    ollama: ollamaOptions,
    health: healthOptions,
    rollout: rolloutOptions,
    proof: proofOptions,
    release: releaseOption,
    promotion: promotionOptions,
    announce: announceOptions,
    backup: backupOptions,
    offsite: offsiteOptions,
    data: dataOptions,
    logs: logsOptions,
    prometheus: prometheusOptions,
    watch: watchOptions,
    alerts: alertsOptions,
    policies: policiesOptions,
    preflight: preflightOptions,
    resources: resourcesOptions,
  };
}
