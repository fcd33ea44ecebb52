import type Docker from "dockerode";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";
import type { PartName } from "./catalog.ts";
import { type ApplicationImage, type ImageRef, resolveApplication, resolvePart } from "./resolve.ts";

/** Parts of every system; curl asks the probes. */
const always = ["redis", "prometheus", "haproxy", "caddy", "curl"] as const satisfies readonly PartName[];
type Always = (typeof always)[number];

/** Parts that a system may have, and when it does: the image of a further noun is a line here and one in the catalog. */
const sometimes: Readonly<Record<Exclude<PartName, Always>, (system: System) => boolean>> = {
  postgres: ({ database }) => database.kind === "postgres",
  chroma: ({ chroma }) => chroma.enabled,
  ollama: ({ ollama }) => ollama?.mode === "container",
};

export interface Images {
  readonly app: ApplicationImage;
  /** By part; what the system does not have is not there. */
  readonly parts: Readonly<Record<Always, ImageRef> & Partial<Record<PartName, ImageRef>>>;
}

/** The parts whose images a system needs. */
export function partsOf(system: System): readonly PartName[] {
  const own = Object.entries(sometimes).filter(([, has]) => has(system));
  return [...always, ...own.map(([name]) => name as PartName)];
}

/** Every image of the system as an id on this engine, before any resource: built or pulled when missing. */
export async function resolveImages(
  engine: Docker,
  system: System,
  settings: Settings,
  say: (line: string) => void,
): Promise<Images> {
  const credentials = Object.fromEntries(
    Object.entries(settings.registries).map(([host, { username, password }]) => [
      host,
      { username, password: password.secret },
    ]),
  );
  const options = { credentials, say };
  const part = async (name: PartName) => [name, await resolvePart(engine, name, settings.images, options)] as const;
  const [app, parts] = await Promise.all([
    resolveApplication(engine, system.name, settings.image, settings.images, options),
    Promise.all(partsOf(system).map(part)),
  ]);
  // `partsOf` begins with those that every system has.
  return { app, parts: Object.fromEntries(parts) as Images["parts"] };
}
