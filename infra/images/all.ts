import type Docker from "dockerode";
import { shipPortOf } from "../../components/logs/spec.ts";
import { type BesideName, besideNames } from "../../components/nouns/all.ts";
import { keepsLog, sendsLog } from "../config/continuous.ts";
import type { Settings } from "../config/settings.ts";
import { besideOf } from "../systems/beside.ts";
import type { System } from "../systems/system.ts";
import type { PartName } from "./catalog.ts";
import type { RegistryCredentials } from "./reference.ts";
import {
  type ApplicationImage,
  type ApplicationSource,
  type ImageRef,
  nameOfPart,
  resolveApplication,
  resolvePart,
} from "./resolve.ts";

/** Parts of every system; curl asks the probes. */
const always = ["redis", "prometheus", "haproxy", "caddy", "curl"] as const satisfies readonly PartName[];
type Always = (typeof always)[number];

/** Parts that a system may have, and when it does; stores beside the workloads have theirs when the system wants them. */
type Has = (system: System, settings: Pick<Settings, "watch">) => boolean;
const besideSystems = Object.fromEntries(
  besideNames.map((name): readonly [string, Has] => [name, (system) => besideOf(system).includes(name)]),
) as Readonly<Record<BesideName, Has>>;
const sometimes: Readonly<Record<Exclude<PartName, Always | Tool>, Has>> = {
  postgres: ({ database }) => database.kind === "postgres",
  ...besideSystems,
  ollama: ({ ollama }) => ollama?.mode === "container",
  "node-exporter": (_, { watch }) => watch.profile !== "off",
  // Whether or not somebody is told here: where it is proved, it is to be told there.
  alertmanager: (_, { watch }) => watch.profile !== "off",
  "redis-exporter": ({ redis }, { watch }) => watch.profile === "full" && redis.enabled,
  "postgres-exporter": ({ database }, { watch }) => watch.profile === "full" && database.kind === "postgres",
  "blackbox-exporter": (_, { watch }) => watch.profile === "full",
};

/** What works for an environment and serves nobody: no proof speaks of it, because the next environment may have none. */
type Tool = "restic" | "rclone" | "litestream" | "firewall" | "otel-collector" | "container-exporter";
const tools: Readonly<Record<Tool, (settings: Settings, system: System) => boolean>> = {
  restic: ({ offsite }) => offsite.url !== undefined,
  rclone: (settings, system) => sendsLog(system, settings),
  litestream: (settings, system) => system.database.kind === "sqlite" && keepsLog(system, settings),
  firewall: ({ firewall }) => firewall.enabled,
  "otel-collector": ({ logs }) => shipPortOf(logs) !== undefined,
  "container-exporter": ({ watch }) => watch.profile === "full",
};

export interface Images {
  readonly app: ApplicationImage;
  /** By part; what the system does not have is not there. */
  readonly parts: Readonly<Record<Always, ImageRef> & Partial<Record<PartName, ImageRef>>>;
}

/** The parts whose images a system needs. */
export function partsOf(system: System, settings: Pick<Settings, "watch">): readonly PartName[] {
  const own = Object.entries(sometimes).filter(([, has]) => has(system, settings));
  return [...always, ...own.map(([name]) => name as PartName)];
}

function toolsOf(system: System, settings: Settings): readonly Tool[] {
  return Object.entries(tools).flatMap(([name, has]) => (has(settings, system) ? [name as Tool] : []));
}

/** Images that a proof fixes: names by digest, of the application and by part. */
export interface PinnedImages {
  readonly app: string;
  readonly parts: Readonly<Record<string, string>>;
}

/** What the images of a system's parts are called in this checkout, before any is built or pulled. */
export async function namesOfParts(
  engine: Docker,
  system: System,
  settings: Pick<Settings, "images" | "watch">,
): Promise<Readonly<Record<string, string>>> {
  const named = partsOf(system, settings).map(
    async (part) => [part, await nameOfPart(engine, part, settings.images)] as const,
  );
  return Object.fromEntries(await Promise.all(named));
}

/** Every image of the system as an id on this engine, before any resource: built or pulled when missing. */
export async function resolveImages(
  engine: Docker,
  system: System,
  settings: Settings,
  say: (line: string) => void,
  pinned?: PinnedImages,
): Promise<Images> {
  const options = { credentials: credentialsOf(settings), say };
  const part = async (name: PartName) => {
    const fixed = { ...options, pinned: digestIn(pinned?.parts[name]) };
    return [name, await resolvePart(engine, name, settings.images, fixed)] as const;
  };
  const [app, parts] = await Promise.all([
    resolveApplication(engine, system.name, sourceOf(settings, pinned), settings.images, options),
    Promise.all([...partsOf(system, settings), ...toolsOf(system, settings)].map(part)),
  ]);
  // `partsOf` begins with those that every system has.
  return { app, parts: Object.fromEntries(parts) as Images["parts"] };
}

function sourceOf({ image }: Pick<Settings, "image">, pinned: PinnedImages | undefined): ApplicationSource {
  if (pinned !== undefined) return { ref: pinned.app };
  if (image.kind === "proved") throw new Error("an image that a proof names has no other source");
  return image;
}

function digestIn(name: string | undefined): string | undefined {
  return name?.split("@")[1];
}

/** One alone: curl's ahead of the others, because a host elsewhere is looked at from inside it; restic's for a command. */
export async function resolveOne(
  engine: Docker,
  part: PartName,
  settings: Settings,
  say: (line: string) => void,
): Promise<ImageRef> {
  return resolvePart(engine, part, settings.images, { credentials: credentialsOf(settings), say });
}

function credentialsOf({ registries }: Settings): RegistryCredentials {
  return Object.fromEntries(
    Object.entries(registries).map(([host, { username, password }]) => [host, { username, password: password.secret }]),
  );
}
