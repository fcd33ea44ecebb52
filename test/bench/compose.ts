import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { run, succeed } from "../../toolchain/command.ts";
import { phase, say } from "../../toolchain/phases.ts";
import { timed } from "./command.ts";
import { type ComposeWishes, composeFile, partOf } from "./compose-file.ts";
import { answers } from "./edge.ts";
import { fillVolumes, type RenderedFiles, removeVolumes } from "./volumes.ts";

export interface Compose {
  readonly argv: readonly [string, ...string[]];
  readonly version: string;
}

const known = [["docker", "compose"], ["docker-compose"]] as const;

/** Compose as it is on this machine, else Debian's, installed and said. */
export async function ensureCompose(): Promise<Compose> {
  const found = await findCompose();
  if (found !== undefined) return found;
  say("no `docker compose` and no `docker-compose` here: installing Debian's package docker-compose to compare with");
  await phase("installing docker-compose", () =>
    succeed("apt-get", ["install", "-y", "--no-install-recommends", "docker-compose"]),
  );
  const installed = await findCompose();
  if (installed !== undefined) return installed;
  throw new Error(
    "apt-get install docker-compose left no docker-compose behind; install Docker Compose, then run the bench again",
  );
}

async function findCompose(): Promise<Compose | undefined> {
  for (const argv of known) {
    const [command, ...args] = argv;
    const { code, stdout } = await run(command, [...args, "version", "--short"]);
    if (code === 0) return { argv, version: `${argv.join(" ")} ${stdout.trim()}` };
  }
  return undefined;
}

export interface ComposeRun {
  readonly compose: Compose;
  readonly engine: Docker;
  readonly dockerHost: string;
  /** Project name; nothing else on the host has it. */
  readonly project: string;
  readonly wishes: Omit<ComposeWishes, "filled">;
  readonly rendered: readonly RenderedFiles[];
  readonly url: string;
  readonly stop: AbortSignal;
  /** @default 60 */
  readonly patienceSeconds?: number;
}

/** Brings the same containers up by compose, from nothing, and answers the seconds until https at the edge answers. Leaves nothing. */
export async function composeUp(wanted: ComposeRun): Promise<number> {
  const { compose, engine, project, wishes, rendered, stop } = wanted;
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  const file = join(folder, "docker-compose.yml");
  const [command, ...first] = compose.argv;
  const args = [...first, "--project-name", project, "--file", file];
  const place = { cwd: folder, env: { ...process.env, DOCKER_HOST: wanted.dockerHost } };
  try {
    const filled = await fillVolumes(engine, project, wishes.containers[0]?.Image ?? "", rendered);
    // The file has the stack's secrets in it.
    await writeFile(file, composeFile({ ...wishes, filled }), { mode: 0o600 });
    const started = performance.now();
    await timed(command, [...args, "up", "--detach"], { ...place, stop });
    const edge = await edgeOf(engine, project);
    await answers(engine, { url: wanted.url, edge }, stop, wanted.patienceSeconds);
    return (performance.now() - started) / 1000;
  } finally {
    try {
      // Compose cannot take down what it has no file for; without one it made nothing.
      if (existsSync(file)) await timed(command, [...args, "down", "--volumes", "--timeout", "1"], place);
    } finally {
      await removeVolumes(engine, project);
      await rm(folder, { recursive: true });
    }
  }
}

async function edgeOf(engine: Docker, project: string): Promise<string> {
  const label = [`com.docker.compose.project=${project}`, "com.docker.compose.service=edge"];
  const [found] = await engine.listContainers({ filters: { label } });
  if (found === undefined) throw new Error(`compose project ${project} has no running service edge`);
  return found.Id;
}

/** The same wishes with a workload that never answers. */
export function neverAnswering(wishes: ComposeRun["wishes"]): ComposeRun["wishes"] {
  const containers = wishes.containers.map((each) =>
    partOf(each) === wishes.migration.part ? { ...each, Config: { ...each.Config, Cmd: ["sleep", "3600"] } } : each,
  );
  return { ...wishes, containers };
}
