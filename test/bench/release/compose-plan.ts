import { label } from "../../../components/container/spec.ts";
import { publicPort } from "../../../components/switch/names.ts";
import { pemFile } from "../../../components/switch/public.ts";
import { socketPath } from "../../../components/switch/spec.ts";
import { type Inspected, partOf } from "../compose-file.ts";
import type { Scenario } from "./scenario.ts";

const switchConfigPath = "/usr/local/etc/haproxy";

/** The volume that the switch reads its config from. */
export function switchConfigVolume(containers: readonly Inspected[]): string {
  const gate = containers.find((each) => partOf(each) === "switch");
  const found = gate?.Mounts.find((mount) => mount.Destination === switchConfigPath);
  if (found === undefined) throw new Error(`no container of part switch mounts ${switchConfigPath}`);
  return found.Name;
}

/**
 * The services of a compose file: one for each part, under its constant alias alone, started without Slipway's gates. Replicas become
 * `--scale`. Pure.
 */
export function services(containers: readonly Inspected[], { composeCommands }: Scenario): readonly Inspected[] {
  const first = containers.filter(
    (each, place) => containers.findIndex((other) => partOf(other) === partOf(each)) === place,
  );
  return first.map((each) => {
    const part = partOf(each);
    const commands: Scenario["composeCommands"] = {
      ...composeCommands,
      switch: ["haproxy", "-W", "-db", "-f", `${switchConfigPath}/haproxy.cfg`],
    };
    const command = commands[part];
    const networks = Object.keys(each.NetworkSettings.Networks).map((name) => [name, { Aliases: [part] }]);
    return {
      ...each,
      // The engine tells them in any order, and compose makes a container anew when they are in another one.
      Mounts: each.Mounts.toSorted((a, b) => a.Destination.localeCompare(b.Destination)),
      Config: { ...each.Config, ...(command !== undefined && { Cmd: [...command], Entrypoint: null }) },
      NetworkSettings: { Networks: Object.fromEntries(networks) },
    };
  });
}

/** `--scale app=3 --scale worker=2`: always said, because compose goes back to one when it is not. Pure. */
export function scaleArguments(containers: readonly Inspected[]): readonly string[] {
  const workloads = containers.filter((each) => each.Config.Labels[label.role] === "workload").map(partOf);
  return [...new Set(workloads)]
    .sort()
    .flatMap((part) => ["--scale", `${part}=${workloads.filter((each) => each === part).length}`]);
}

/**
 * HAProxy as one configures it for compose: it finds the service by name, checks it every second and tries a connection again. By raw TCP it
 * ends TLS on the port that is published, because two replicas cannot both publish theirs. Pure.
 */
export function staticSwitchConfig({ domain, protocol, web }: Scenario): string {
  const tcp = protocol.transport === "tcp";
  const bind = tcp
    ? `:${publicPort(0)} ssl crt ${switchConfigPath}/${pemFile} ssl-min-ver TLSv1.2`
    : `unix@${socketPath(domain)} mode 666`;
  return [
    "global",
    "  log stdout format raw local0 info",
    "  maxconn 4096",
    "",
    "resolvers engine",
    "  nameserver docker 127.0.0.11:53",
    "  resolve_retries 2",
    "  timeout resolve 1s",
    "  timeout retry 1s",
    "  hold valid 1s",
    "  hold nx 1s",
    "  hold obsolete 1s",
    "",
    "defaults",
    `  mode ${tcp ? "tcp" : "http"}`,
    "  log global",
    "  option redispatch 1",
    "  retries 3",
    "  retry-on conn-failure",
    "  timeout connect 1s",
    `  timeout client ${tcp ? "1h" : "75s"}`,
    `  timeout server ${tcp ? "1h" : "75s"}`,
    "  timeout http-request 10s",
    "  timeout queue 10s",
    "  timeout tunnel 1h",
    "",
    "frontend web",
    `  bind ${bind}`,
    "  default_backend web",
    "",
    "backend web",
    `  server-template ${web.part} 1-6 ${web.part}:${web.port} check inter 1s fall 2 rise 1 resolvers engine init-addr none`,
    "",
  ].join("\n");
}
