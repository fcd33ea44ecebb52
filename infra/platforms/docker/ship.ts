import * as pulumi from "@pulumi/pulumi";
import { LogShipper } from "../../../components/logs/docker.ts";
import { shipPortOf, shippedLogs, shipperPart } from "../../../components/logs/spec.ts";
import { Secret } from "../../../components/options/secret.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import type { Settings } from "../../config/settings.ts";
import { leavesOf } from "../../release/leaves.ts";
import { partLimits } from "../tiers.ts";
import type { Placement } from "./placement.ts";

/** Every part of the stack has its log sent to the shipper, beside its own; not the shipper, which would send what it says of what it sends. */
export function shipLogs(settings: Settings): pulumi.ResourceTransformation {
  const port = shipPortOf(settings.logs);
  return ({ type, name, props, opts }) => {
    if (port === undefined || type !== "docker:index/container:Container" || name === shipperPart) return undefined;
    return { props: { ...props, logDriver: "syslog", logOpts: shippedLogs(props["logOpts"], port) }, opts };
  };
}

/** Undefined where no log is shipped. */
export function shipper(
  { host, images, settings }: Placement,
  secrets: Secrets,
  parent: pulumi.Resource,
): LogShipper | undefined {
  const { to, url, user, token } = settings.logs.ship;
  const port = shipPortOf(settings.logs);
  if (to === undefined || url === undefined || port === undefined) return undefined;
  const spec = { image: images.parts["otel-collector"]?.id ?? "", limits: partLimits("shipper", settings.tier), port };
  const receiver = { to, url, user, token: token?.secret };
  return new LogShipper("log-shipper", { host, spec, receiver, secrets: allSecrets(settings, secrets) }, { parent });
}

/** What config gives and what was generated. */
function allSecrets(settings: Settings, made: Secrets): pulumi.Output<readonly string[]> {
  const given = leavesOf(settings).flatMap(([, value]) => (value instanceof Secret ? [value.secret] : []));
  const { values, redisPassword, redisOperatorPassword, database } = made;
  return pulumi
    .all([values, redisPassword, redisOperatorPassword, database?.owner, database?.app])
    .apply(([own, ...stores]) => [...given, ...Object.values(own), ...stores.filter((each) => each !== undefined)]);
}
