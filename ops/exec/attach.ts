import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import type Docker from "dockerode";

/** Runs a command in a running container with this process' own streams; a terminal on both ends is one in the container too. Answers its exit code. */
export async function runAttached(
  engine: Docker,
  container: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const tty = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const exec = await engine.getContainer(container).exec({
    Cmd: [...argv],
    Env: Object.entries({ ...(tty && terminal()), ...env }).map(([name, value]) => `${name}=${value}`),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty,
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: tty });
  const letGo = tty ? onTerminal(exec, stream) : piped(engine, stream);
  try {
    await finished(stream, { writable: false }).catch(tolerateClosed);
  } finally {
    letGo();
  }
  const { ExitCode } = await exec.inspect();
  return ExitCode ?? 1;
}

/** A command that ended does not read what is still written to it: no failure, its exit code tells. */
function tolerateClosed(error: unknown): void {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EPIPE" && code !== "ECONNRESET") throw error;
}

function terminal(): Readonly<Record<string, string>> {
  return { TERM: process.env["TERM"] ?? "xterm" };
}

/** Every key goes to the container as it is, Ctrl-C too, and so does the window's size. */
function onTerminal(exec: Docker.Exec, stream: Duplex): () => void {
  const { stdin, stdout } = process;
  const resize = () => {
    // A window that changes while the command ends: there is nothing left to fit.
    exec.resize({ h: stdout.rows, w: stdout.columns }).catch(() => undefined);
  };
  stdin.setRawMode(true);
  stdin.pipe(stream);
  stream.pipe(stdout);
  stdout.on("resize", resize);
  resize();
  return () => {
    stdout.off("resize", resize);
    stdin.unpipe(stream);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** Both streams of the command stay apart. */
function piped(engine: Docker, stream: Duplex): () => void {
  const { stdin, stdout, stderr } = process;
  engine.modem.demuxStream(stream, stdout, stderr);
  stdin.pipe(stream);
  return () => {
    stdin.unpipe(stream);
    // Whoever keeps writing to us must not keep us.
    stdin.destroy();
  };
}
