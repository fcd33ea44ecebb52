import type { Answer, DockerHost } from "./docker-host.ts";

/** What was observed on this machine. */
export interface DockerFacts {
  readonly host: DockerHost;
  readonly answer: Answer;
  /** Path of dockerd. */
  readonly dockerd: string | undefined;
  readonly root: boolean;
  /** Whether apt-get installs packages here (Debian, Ubuntu). */
  readonly apt: boolean;
  /** Whether systemd is process 1. */
  readonly systemd: boolean;
}

export type DockerStep =
  | { readonly kind: "use"; readonly url: string }
  | { readonly kind: "install"; readonly said: string }
  | { readonly kind: "start"; readonly with: "systemd" | "dockerd"; readonly said: string }
  | { readonly kind: "fail"; readonly error: string };

export const dockerPackages: readonly string[] = ["docker.io", "iptables", "containerd", "runc"];

const install = `apt-get install -y ${dockerPackages.join(" ")}`;

/** How the user takes back what they said of the host; anything else is a docker context. */
const forgetting: Readonly<Record<string, string>> = {
  DOCKER_HOST: "unset DOCKER_HOST",
  "slipway:host": "pulumi config rm slipway:host",
};

/** The next step towards a Docker engine that answers. It says beforehand what it will change on the machine. */
export function nextDockerStep({ host, answer, dockerd, root, apt, systemd }: DockerFacts): DockerStep {
  switch (answer) {
    case "answers":
    case "unknown":
      return { kind: "use", url: host.url };
    case "denied":
      return fail(
        `this user may not use the Docker engine at ${host.url}`,
        "sudo usermod -aG docker $USER   and log in again",
      );
    case "silent":
      break;
    default:
      return answer satisfies never;
  }
  if (host.saidBy !== undefined) {
    return fail(
      `no Docker engine answers at ${host.url} (${host.saidBy}); start it there, or use this machine's own`,
      forgetting[host.saidBy] ?? "docker context use default",
    );
  }
  if (dockerd === undefined) {
    if (root && apt) return { kind: "install", said: `no Docker engine on this machine; installing it: ${install}` };
    return fail(
      "no Docker engine on this machine",
      apt ? `sudo ${install}` : "https://docs.docker.com/engine/install/",
    );
  }
  if (!root)
    return fail(
      "the Docker engine is installed but does not run",
      systemd ? "sudo systemctl start docker" : "sudo dockerd",
    );
  return systemd
    ? { kind: "start", with: "systemd", said: "the Docker engine does not run; starting it: systemctl start docker" }
    : { kind: "start", with: "dockerd", said: "the Docker engine does not run; starting it: dockerd" };
}

function fail(problem: string, mend: string): DockerStep {
  return { kind: "fail", error: `${problem}.\nMend it, then run the command again:\n  ${mend}` };
}
