import { stringify } from "yaml";
import { type ContainerSpec, type Limits, label, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { knownIn } from "./known.ts";
import { exporterOf, type Receiver } from "./receivers.ts";

export const shipperPart = "log-shipper";
/** The shipper's own, with a way in at the loopback and a way out: it meets no other container. */
export const shipNetwork = (place: Place) => resourceName(place, "ship");
const usualShipPort = 5514;

/** UDP, on the host's loopback; undefined where no log is shipped. */
export function shipPortOf({
  ship,
}: {
  readonly ship: { readonly to?: string | undefined; readonly port?: number | undefined };
}): number | undefined {
  return ship.to === undefined ? undefined : (ship.port ?? usualShipPort);
}

const owner = { uid: 10001, gid: 10001 };
const configPath = "/etc/slipway";
const insidePort = 5514;

export interface ShipperSpec {
  readonly image: string;
  readonly limits: Limits;
  /** UDP, on the host's loopback. */
  readonly port: number;
}

/**
 * OpenTelemetry's Collector. The engine itself sends it what containers print (`shippedLogs`), so it needs neither the engine's socket nor the
 * host's files, where the engine keeps every container's variables beside its log. The official image has nothing that could ask after its health.
 */
export function shipperContainer(place: Place, { image, limits, port }: ShipperSpec): ContainerSpec {
  return {
    name: resourceName(place, shipperPart),
    image,
    command: ["--config", `${configPath}/config.yaml`],
    env: { AWS_SHARED_CREDENTIALS_FILE: `${configPath}/aws` },
    user: `${owner.uid}:${owner.gid}`,
    mounts: [{ volume: resourceName(place, `${shipperPart}-config`), path: configPath, readOnly: true }],
    tmpfs: ["/tmp"],
    network: [{ name: shipNetwork(place), aliases: [] }],
    ports: [{ address: "127.0.0.1", port, inside: insidePort, protocol: "udp" }],
    // The receiver may be on the host itself.
    hostGateway: true,
    labels: labelsFor(place, shipperPart, "part"),
    limits,
    capabilities: [],
    restart: "unless-stopped",
    stopGraceSeconds: 10,
  };
}

/** @param secrets what `npm run logs` replaces, the shipper replaces before a line leaves the host */
export function shipperFiles(
  place: Place,
  receiver: Receiver,
  secrets: readonly string[],
  memoryMb: number,
): readonly FileEntry[] {
  const { to, user, token } = receiver;
  const keys = `[default]\naws_access_key_id = ${user}\naws_secret_access_key = ${token}\n`;
  return [
    file("config.yaml", shipperConfig(place, receiver, secrets, memoryMb), owner, 0o400),
    ...(to === "cloudwatch" && user !== undefined ? [file("aws", keys, owner, 0o400)] : []),
  ];
}

/** As the engine's syslog driver writes with `rfc5424micro` and our tag; the syslog receiver would refuse tags of over 32 letters. */
const line =
  "(?s)^<(?P<priority>\\d+)>1 (?P<time>\\S+) \\S+ (?P<part>[^\\s/]+)/(?P<container>\\S+) \\d+ \\S+ - (?P<message>.*?)\\n?$";

export function shipperConfig(place: Place, receiver: Receiver, secrets: readonly string[], memoryMb: number): string {
  const [exporter, settings] = exporterOf(receiver, place.stack);
  const move = (from: string, to: string) => ({ type: "move", from: `attributes.${from}`, to });
  const operators = [
    {
      type: "regex_parser",
      regex: line,
      timestamp: { parse_from: "attributes.time", layout_type: "gotime", layout: "2006-01-02T15:04:05.999999Z07:00" },
    },
    { type: "add", field: 'resource["service.namespace"]', value: place.stack },
    move("part", 'resource["service.name"]'),
    move("container", 'resource["service.instance.id"]'),
    move("message", "body"),
    { type: "remove", field: "attributes.time" },
  ];
  const known = knownIn(secrets);
  const statements = [
    ...(known === undefined ? [] : [`replace_pattern(log.body, "${known}", "***")`]),
    // 3 x 8: the facility of daemons; 3 is an error, 6 a notice.
    'set(log.attributes["log.iostream"], "stdout") where log.attributes["priority"] == "30"',
    'set(log.attributes["log.iostream"], "stderr") where log.attributes["priority"] == "27"',
    'delete_key(log.attributes, "priority")',
    ...(receiver.to === "syslog"
      ? [
          'set(log.attributes["appname"], resource.attributes["service.name"])',
          'set(log.attributes["hostname"], resource.attributes["service.namespace"])',
          'set(log.attributes["proc_id"], resource.attributes["service.instance.id"])',
          'set(log.attributes["message"], log.body)',
        ]
      : []),
  ];
  const config = {
    receivers: { udplog: { listen_address: `0.0.0.0:${insidePort}`, one_log_per_packet: true, operators } },
    processors: {
      // What the receiver does not take in time is dropped here: the app neither waits nor pays for it.
      memory_limiter: {
        check_interval: "1s",
        limit_mib: Math.floor(memoryMb * 0.75),
        spike_limit_mib: Math.floor(memoryMb * 0.15),
      },
      transform: { error_mode: "ignore", log_statements: statements },
      batch: { timeout: "1s", send_batch_size: 100, send_batch_max_size: 1000 },
    },
    exporters: { [exporter]: settings },
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: {
        logs: { receivers: ["udplog"], processors: ["memory_limiter", "transform", "batch"], exporters: [exporter] },
      },
    },
  };
  // What the Collector would take for a variable.
  return stringify(config, { lineWidth: 0 }).replaceAll("$", "$$$$");
}

/** The engine's options in place of json-file's: lines go to the shipper, and as many stay on the host for `npm run logs` as without it. */
export function shippedLogs(kept: Readonly<Record<string, string>>, port: number): Readonly<Record<string, string>> {
  const cache = Object.entries(kept).map(([name, value]) => [`cache-${name}`, value]);
  return {
    "syslog-address": `udp://127.0.0.1:${port}`,
    "syslog-format": "rfc5424micro",
    tag: `{{index .ContainerLabels "${label.part}"}}/{{.ID}}`,
    // A container is never kept waiting for its log.
    mode: "non-blocking",
    "max-buffer-size": "1m",
    ...Object.fromEntries(cache),
  };
}
