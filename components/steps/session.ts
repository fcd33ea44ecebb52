import { randomBytes } from "node:crypto";
import { type ContainerSpec, label, labelsFor, type Mount, type Place, resourceName } from "../container/spec.ts";
import { commandFailure } from "./failure.ts";
import type { Command, Finished, SessionRunner } from "./runner.ts";

/** A container for a step's own commands: the image idles, the step runs one command after another in it, then it is removed. */
export interface SessionRequest {
  readonly image: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly network: ContainerSpec["network"];
  readonly memoryMb: number;
  /** See `ContainerSpec`. @default false */
  readonly hostGateway?: boolean;
  readonly gpu?: boolean;
  /** What root may do beside owning itself, where files of several users are copied. @default none */
  readonly capabilities?: readonly string[];
}

export interface Session {
  readonly id: string;
  run(command: Command): Promise<Finished>;
  /** Runs a command and throws what a user can read when it fails: what it was for, exit code, last lines. */
  must(what: string, command: Command): Promise<string>;
}

/**
 * Runs the work with a session, whose container is gone afterwards, also when the work failed; what a killed step leaves is `reapSessions`' to
 * remove.
 * @param purpose a part of its container's name, and what a reader of `docker ps` sees
 */
export async function withSession<T>(
  runner: SessionRunner,
  place: Place,
  purpose: string,
  request: SessionRequest,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const id = await runner.create(sessionSpec(place, purpose, request));
  try {
    await runner.start(id);
    return await work({
      id,
      run: (command) => runner.exec(id, command),
      async must(what, command) {
        const finished = await runner.exec(id, command);
        if (finished.exitCode !== 0) throw commandFailure(what, command.argv, finished);
        return finished.output;
      },
    });
  } finally {
    await runner.remove(id);
  }
}

function sessionSpec(place: Place, purpose: string, request: SessionRequest): ContainerSpec {
  return {
    name: resourceName(place, purpose, randomBytes(4).toString("hex")),
    image: request.image,
    // The image's own entrypoint would start the product; `tail` idles in every image that has a shell's basics.
    entrypoint: ["tail", "-f", "/dev/null"],
    command: [],
    env: request.env,
    user: request.user,
    mounts: request.mounts,
    tmpfs: ["/tmp"],
    network: request.network,
    ...(request.hostGateway === true && { hostGateway: true }),
    ...(request.gpu === true && { gpu: true }),
    labels: labelsFor(place, purpose, "session"),
    limits: { cpus: 2, memoryMb: request.memoryMb, pids: 256 },
    capabilities: request.capabilities ?? [],
    restart: "no",
    stopGraceSeconds: 1,
  };
}

/** Sessions and their like that a killed step left behind; answers what they were for. Only the holder of the lease may call this. */
export async function reapSessions(runner: SessionRunner, place: Place): Promise<readonly string[]> {
  const left = await runner.list({ [label.stack]: place.stack, [label.role]: "session" });
  await Promise.all(left.map((session) => runner.remove(session.id)));
  return left.map(({ labels }) => labels[label.part] ?? "");
}
