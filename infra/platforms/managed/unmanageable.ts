import type { Settings } from "../../config/settings.ts";
import type { System } from "../../systems/system.ts";
import type { Unplaceable } from "../kubernetes/placeable.ts";

const onHost = "pulumi config set --path slipway:aws.shape host";

/** What keeps a system with this config from AWS' own parts; empty when it can go there. Pure. */
export function unmanageable(system: System, settings: Settings): readonly Unplaceable[] {
  return [...ofSystem(system, settings), ...ofImages(settings), ...ofWays(system, settings), ...ofOptions(settings)];
}

function ofSystem(system: System, { ollama: { mode } }: Settings): readonly Unplaceable[] {
  const { name, database, workloads, chroma, ollama } = system;
  const volumes = [...new Set(workloads.flatMap((each) => each.volumes.map((volume) => volume.path)))];
  return [
    when(
      database.kind === "sqlite",
      "system",
      `${name} keeps its rows in SQLite, which wants a disk of one host: a task has none that stays, and EFS is NFS, on which SQLite's locks do not hold`,
    ),
    when(
      database.kind !== "sqlite" && volumes.length > 0,
      "system",
      `${name} keeps files in ${volumes.join(", ")}: a task has no disk that stays, and EFS is NFS`,
    ),
    when(
      ollama !== undefined && ollama.mode !== "off",
      "ollama.mode",
      `${mode}: Ollama keeps its model on a disk and wants a processor of its own for long; no task has either`,
    ),
    when(
      chroma.enabled,
      chroma.offered === true ? "app.chroma" : "system",
      "Chroma keeps its vectors on a volume, and a task has none that stays",
      chroma.offered === true ? "pulumi config set --path slipway:app.chroma false" : onHost,
    ),
    when(
      workloads.some(({ hostGateway }) => hostGateway === true),
      "system",
      `${name} calls a service on the host itself, and there is no host`,
    ),
  ].flat();
}

function ofImages({ images, image, registries }: Settings): readonly Unplaceable[] {
  const ref = image.kind === "ref" ? image.ref : "";
  const closed = Object.keys(registries).find((host) => ref.startsWith(`${host}/`));
  return [
    when(
      images !== "official",
      "images",
      `${images}: tasks take images from registries, and what is built here is in none`,
      "pulumi config set slipway:images official",
    ),
    when(
      image.kind === "build",
      "image",
      "tasks take images from registries, and what is built here is in none; `npm run host` makes a repository and says how to push",
      "pulumi config set --path slipway:image.ref <repository:tag@sha256:...>",
    ),
    when(
      closed !== undefined && !/\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com$/.test(closed),
      "image.ref",
      `${closed} wants a login, and of private registries tasks have the key to AWS' own alone: push the image to the repository that \`npm run host\` makes`,
      "pulumi config set --path slipway:image.ref <repository:tag@sha256:...>",
    ),
  ].flat();
}

function ofWays({ tcp }: System, { edge, aws, tcp: published, firewall }: Settings): readonly Unplaceable[] {
  return [
    when(
      edge.tls.mode !== "acme",
      "edge.tls.mode",
      `${edge.tls.mode}: the load balancer's certificate is ACM's`,
      "pulumi config set --path slipway:edge.tls.mode acme",
    ),
    when(
      edge.httpsPort !== 443,
      "edge.httpsPort",
      `${edge.httpsPort}: the load balancer answers on 443`,
      "pulumi config set --path slipway:edge.httpsPort 443",
    ),
    when(
      aws.zone === undefined && aws.certificate === undefined,
      "aws.zone",
      "neither a hosted zone, in which ACM proves a certificate's names, nor the ARN of a certificate that is there (aws.certificate)",
      "pulumi config set --path slipway:aws.zone Z0123456789ABCDEFGHIJ",
    ),
    when(
      aws.vpc.id !== undefined,
      "aws.vpc.id",
      "tasks and stores get a network of their own, with private subnets",
      "pulumi config rm --path slipway:aws.vpc.id",
    ),
    when(
      tcp.length > 0 && published.certificate !== undefined,
      "tcp.certificate",
      "the load balancer ends TLS, with ACM's certificate",
      "pulumi config rm --path slipway:tcp.certificate",
    ),
    when(
      Object.keys(firewall.allow).length > 0,
      "firewall.allow",
      "there is no host that further ports could be of",
      "pulumi config rm --path slipway:firewall.allow",
    ),
  ].flat();
}

function ofOptions(settings: Settings): readonly Unplaceable[] {
  const { watch, logs, announce, prometheus, offsite, data, backup, rollout, aws } = settings;
  const given = (path: string, is: unknown, why: string) =>
    when(is !== undefined, path, why, `pulumi config rm --path slipway:${path}`);
  return [
    when(
      watch.profile !== "off",
      "watch.profile",
      `${watch.profile}: exporters and Alertmanager run on Docker only; CloudWatch tells the same alerts as far as it sees them`,
      "pulumi config set --path slipway:watch.profile off",
    ),
    when(
      prometheus.enabled,
      "prometheus.enabled",
      "true: Prometheus keeps its samples on a volume; CloudWatch counts here",
      "pulumi config set --path slipway:prometheus.enabled false",
    ),
    given("prometheus.remoteWrite.url", prometheus.remoteWrite.url, "samples are sent on from Docker only"),
    given("logs.ship.to", logs.ship.to, "logs are CloudWatch's here, which hands them on by itself"),
    given("announce.webhook", announce.webhook, "releases are announced from Docker only"),
    given("offsite.url", offsite.url, "backups are snapshots and RDS' own log, which AWS keeps off any host"),
    when(
      backup.continuous === false,
      "backup.continuous",
      "false: RDS always keeps its log",
      "pulumi config rm --path slipway:backup.continuous",
    ),
    when(
      aws.restoreTime !== undefined && aws.restoreSnapshot !== undefined,
      "aws.restoreTime",
      "and aws.restoreSnapshot: data come from one of them",
      "pulumi config rm --path slipway:aws.restoreTime",
    ),
    when(
      aws.oldestServer !== undefined && aws.oldestServer > data.generation,
      "aws.oldestServer",
      `${aws.oldestServer}: the server that serves is of generation ${data.generation}`,
      `pulumi config set --path slipway:aws.oldestServer ${data.generation}`,
    ),
    when(
      rollout.back === "schema" || rollout.back === "data",
      "rollout.back",
      `${rollout.back}: nothing holds users' requests while the data go back`,
      "pulumi config set --path slipway:rollout.back code",
    ),
  ].flat();
}

function when(is: boolean, option: string, why: string, mend = onHost): readonly Unplaceable[] {
  return is ? [{ option, why, mend }] : [];
}
