import type Docker from "dockerode";
import { label } from "../components/container/spec.ts";
import type { Runner } from "../components/steps/runner.ts";
import type { Outputs } from "./outputs.ts";
import { tableLines } from "./table.ts";

/** One line of the table that ends `npm start`. */
export interface PartRow {
  readonly part: string;
  readonly image: string;
  readonly health: string;
  readonly ports: string;
}

/** The running parts of a stack, as the engine sees them. */
export async function readParts(
  engine: Docker,
  runner: Runner,
  stack: string,
  edgePort: number | undefined,
): Promise<readonly PartRow[]> {
  const containers = await engine.listContainers({ filters: { label: [`${label.stack}=${stack}`] } });
  const rows = await Promise.all(
    containers.map(async (container) => {
      const part = container.Labels[label.part] ?? container.Id.slice(0, 12);
      return {
        part,
        image: await imageName(engine, container),
        health: await healthNow(engine, runner, container),
        ports: part === "edge" && edgePort !== undefined ? `${edgePort} (https)` : publishedPorts(container),
      };
    }),
  );
  return rows.sort((a, b) => a.part.localeCompare(b.part));
}

/** As people call it; by its id when it has no name any more. */
export async function imageName(engine: Docker, { ImageID }: Docker.ContainerInfo): Promise<string> {
  const { RepoTags, RepoDigests } = await engine.getImage(ImageID).inspect();
  return RepoTags[0] ?? RepoDigests?.[0] ?? ImageID.slice(0, 19);
}

/** Docker asks first after a whole interval: until then the container's own check is asked here. A part without one is `running`, or what it is. */
export async function healthNow(engine: Docker, runner: Runner, container: Docker.ContainerInfo): Promise<string> {
  const said = /\(([^)]+)\)/.exec(container.Status)?.[1];
  if (said !== "health: starting") return said ?? container.State;
  const { Config } = await engine.getContainer(container.Id).inspect();
  const argv = checkCommand(Config.Healthcheck?.Test ?? []);
  if (argv === undefined) return said;
  return (await runner.exec(container.Id, { argv })).exitCode === 0 ? "healthy" : "unhealthy";
}

/** A health check as Docker keeps it, as the command that it runs; undefined where there is none. */
export function checkCommand([kind, ...words]: readonly string[]): readonly string[] | undefined {
  if (kind === "CMD") return words;
  return kind === "CMD-SHELL" ? ["/bin/sh", "-c", ...words] : undefined;
}

function publishedPorts(container: Docker.ContainerInfo): string {
  const published = container.Ports.filter((port) => port.PublicPort !== undefined).map((port) =>
    String(port.PublicPort),
  );
  return published.length === 0 ? "none" : [...new Set(published)].join(", ");
}

/** What the table says of Ollama: its model, and a native one, which is no container of the stack's. */
export function ollamaRows(ollama: Outputs["ollama"]): readonly PartRow[] {
  if (ollama === "") return [];
  const native = { part: "ollama", image: `on the host, ${ollama.version}`, health: "healthy", ports: "not ours" };
  const model = { part: "model", image: ollama.model, health: "embeds", ports: "none" };
  return ollama.mode === "native" ? [native, model] : [model];
}

/** The table at the end of `npm start`. */
export function renderParts(rows: readonly PartRow[]): string {
  const cells = rows.map(({ part, image, health, ports }) => [part, image, health, ports]);
  return tableLines([["part", "image", "health", "published"], ...cells])
    .map((line) => `  ${line}`)
    .join("\n");
}
