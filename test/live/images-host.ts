/** What the live image tests share: hardened containers on the real engine, and the tidying up after them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";

export const MINUTE = 60_000;
export const engine = new Docker();
export const LABEL = { "slipway.test": `images-${process.pid}` };
/** Names of images to remove at the end. Part images stay: they are the ones a stack uses, named by their content. */
export const images = new Set<string>();
const containers: Docker.Container[] = [];
const volumes: string[] = [];
let made: Promise<string> | undefined;

/** A temporary folder of this test file. */
export function folder(): Promise<string> {
  made ??= mkdtemp(join(tmpdir(), "slipway-images-"));
  return made;
}

/** Removes whatever this test file made. */
export async function tidy(): Promise<void> {
  for (const container of containers) await container.remove({ force: true, v: true });
  for (const name of volumes) await engine.getVolume(name).remove();
  for (const name of images) await engine.getImage(name).remove({ force: true });
  await rm(await folder(), { recursive: true, force: true });
}

export interface Run {
  readonly image: string;
  readonly cmd?: readonly string[];
  readonly user?: string;
  readonly capAdd?: readonly string[];
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Paths that get a fresh named volume. */
  readonly volumes?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: readonly string[];
  readonly publish?: string;
  readonly lenient?: boolean;
}

/** Starts a container as production does: read-only root, no capability, no new privileges. */
export async function start(run: Run): Promise<Docker.Container> {
  const binds: string[] = [];
  for (const path of run.volumes ?? []) {
    const name = `slipway-test-${process.pid}-${volumes.length}`;
    await engine.createVolume({ Name: name, Labels: LABEL });
    volumes.push(name);
    binds.push(`${name}:${path}`);
  }
  for (const [path, content] of Object.entries(run.files ?? {})) {
    const file = join(await folder(), `file-${containers.length}-${binds.length}`);
    await writeFile(file, content, { mode: 0o644 });
    binds.push(`${file}:${path}:ro`);
  }
  const container = await engine.createContainer({
    Image: run.image,
    Labels: LABEL,
    ...(run.cmd === undefined ? {} : { Cmd: [...run.cmd] }),
    ...(run.user === undefined ? {} : { User: run.user }),
    ...(run.env === undefined ? {} : { Env: [...run.env] }),
    ...(run.publish === undefined ? {} : { ExposedPorts: { [run.publish]: {} } }),
    HostConfig: {
      ReadonlyRootfs: run.lenient !== true,
      CapDrop: ["ALL"],
      CapAdd: [...(run.capAdd ?? [])],
      SecurityOpt: ["no-new-privileges"],
      Tmpfs: { ...run.tmpfs },
      Binds: binds,
      ...(run.publish === undefined
        ? {}
        : { PortBindings: { [run.publish]: [{ HostIp: "127.0.0.1", HostPort: "" }] } }),
    },
  });
  containers.push(container);
  await container.start();
  return container;
}

export async function exec(
  container: Docker.Container,
  ...cmd: string[]
): Promise<{ code: number | null; out: string }> {
  const exec = await container.exec({ Cmd: cmd, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const out = new PassThrough();
  engine.modem.demuxStream(stream, out, out);
  stream.once("end", () => out.end());
  const said = await text(out);
  return { code: (await exec.inspect()).ExitCode, out: said.trim() };
}

/** Asks until the answer is the expected one; the last answer is what the test then compares. */
export async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean, timeoutMs = 60_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (good(answer) || Date.now() > end) return answer;
  }
}

/** Runs a shell script in the container. */
export const sh = (container: Docker.Container, script: string) => exec(container, "sh", "-c", script);
