import type Docker from "dockerode";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";
import type { RegistryCredentials } from "./reference.ts";
import { type ApplicationImage, type ImageRef, resolveApplication, resolvePart } from "./resolve.ts";

export interface Images {
  readonly app: ApplicationImage;
  readonly redis: ImageRef;
  readonly prometheus: ImageRef;
  readonly haproxy: ImageRef;
  readonly caddy: ImageRef;
  /** Undefined for a system that keeps its rows in a file. */
  readonly postgres: ImageRef | undefined;
  /** Undefined unless it is switched on. */
  readonly chroma: ImageRef | undefined;
  /** Undefined unless it runs in a container. */
  readonly ollama: ImageRef | undefined;
  /** For probes. */
  readonly curl: ImageRef;
}

/** Every image of the system as an id on this engine, before any resource: built or pulled when missing. */
export async function resolveImages(
  engine: Docker,
  system: System,
  settings: Settings,
  say: (line: string) => void,
): Promise<Images> {
  const options = { credentials: credentialsOf(settings), say };
  const part = (name: Parameters<typeof resolvePart>[1]) => resolvePart(engine, name, settings.images, options);
  const [app, redis, prometheus, haproxy, caddy, curl, postgres, chroma, ollama] = await Promise.all([
    resolveApplication(engine, system.name, settings.image, settings.images, options),
    part("redis"),
    part("prometheus"),
    part("haproxy"),
    part("caddy"),
    part("curl"),
    system.database.kind === "postgres" ? part("postgres") : undefined,
    system.chroma.enabled ? part("chroma") : undefined,
    system.ollama?.mode === "container" ? part("ollama") : undefined,
  ]);
  return { app, redis, prometheus, haproxy, caddy, curl, postgres, chroma, ollama };
}

/** The smallest of them, ahead of the others: a host elsewhere is looked at from inside it. */
export async function resolveProbe(engine: Docker, settings: Settings, say: (line: string) => void): Promise<ImageRef> {
  return resolvePart(engine, "curl", settings.images, { credentials: credentialsOf(settings), say });
}

function credentialsOf({ registries }: Settings): RegistryCredentials {
  return Object.fromEntries(
    Object.entries(registries).map(([host, { username, password }]) => [host, { username, password: password.secret }]),
  );
}
