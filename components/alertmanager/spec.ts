import {
  answersHttp,
  type ContainerSpec,
  type Limits,
  labelsFor,
  type Place,
  resourceName,
  watcherTimes,
} from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { alertmanagerConfig, type Channels, type Telling } from "./routes.ts";

export const alertmanagerPort = 9093;
export const alertmanagerAlias = "alertmanager";
const owner = { uid: 65534, gid: 65534 };
const configPath = "/etc/alertmanager";
const secretsPath = `${configPath}/secrets`;

export interface AlertmanagerSpec {
  readonly image: string;
  readonly networks: { readonly inner: readonly string[]; readonly watch: string };
  readonly limits: Limits;
}

/** Alertmanager, not published; what was told and silenced outlives a restart. */
export function alertmanagerContainer(place: Place, { image, networks, limits }: AlertmanagerSpec): ContainerSpec {
  return {
    name: resourceName(place, "alertmanager"),
    image,
    command: [
      `--config.file=${configPath}/alertmanager.yml`,
      "--storage.path=/alertmanager",
      // One alone needs no port for others of its kind.
      "--cluster.listen-address=",
    ],
    env: {},
    user: `${owner.uid}:${owner.gid}`,
    mounts: [
      { volume: resourceName(place, "alertmanager-data"), path: "/alertmanager" },
      { volume: resourceName(place, "alertmanager-config"), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [
      ...networks.inner.map((name) => ({ name, aliases: [alertmanagerAlias] })),
      { name: networks.watch, aliases: [] },
    ],
    // A receiver may be on the host itself.
    hostGateway: true,
    labels: labelsFor(place, "alertmanager", "part"),
    limits,
    capabilities: [],
    health: { ...watcherTimes, test: answersHttp(alertmanagerPort, "/-/healthy") },
    restart: "unless-stopped",
    stopGraceSeconds: 10,
  };
}

/** The config, and each secret in a file of its own: no status page, log or API shows one. */
export function alertmanagerFiles(telling: Telling): readonly FileEntry[] {
  const secret = (name: string, content: string | undefined) =>
    content === undefined ? [] : [file(`secrets/${name}`, content, owner, 0o400)];
  const ofTeam = ([team, { webhook, slack, pagerduty }]: readonly [string, Channels]) => [
    ...secret(`${team}-webhook`, webhook),
    ...secret(`${team}-slack`, slack),
    ...secret(`${team}-pagerduty`, pagerduty),
  ];
  return [
    { path: "secrets/", type: "directory", mode: 0o700, ...owner },
    file("alertmanager.yml", alertmanagerConfig(telling, secretsPath), owner),
    ...Object.entries(telling.to).flatMap(ofTeam),
    ...secret("smtp", telling.smtp.password),
  ];
}
