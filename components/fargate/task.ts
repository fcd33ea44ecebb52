import { caFile, trustPath } from "../certificate/spec.ts";
import { type ContainerSpec, type Health, hardening, label } from "../container/spec.ts";
import { type FargateSize, fargateSize } from "./size.ts";

/** A container as a task of ECS on Fargate: pure, so that a test reads every field that AWS gets. */

export interface TaskWish<Late = string> {
  readonly spec: ContainerSpec;
  /** Plain variables, some of which are known late. @default the spec's */
  readonly env?: Readonly<Record<string, string | Late>>;
  /** By variable: where Secrets Manager has its value. A task definition shows this and never the value. */
  readonly secrets: Readonly<Record<string, Late>>;
  readonly region: string;
  readonly logs: Late;
  /** See `FargateAddress.helper`. */
  readonly helper: string;
  /** Where it answers. @default nowhere */
  readonly ports?: readonly number[];
  /** Runs before it in the same image with the same variables, and has to succeed. @default nothing */
  readonly before?: { readonly name: string; readonly argv: readonly string[] };
  /** Beside it, e.g. what speaks TLS for it. @default nothing */
  readonly beside?: readonly Beside<Late>[];
  readonly workingDir?: string;
  /** A step reads every line, a workload must never wait for a log. @default false */
  readonly everyLine?: boolean;
}

export interface Beside<Late = string> {
  readonly name: string;
  readonly image: string;
  readonly user: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, Late>>;
  readonly tmp: string;
  readonly memoryMb: number;
}

/** Container definitions as the API and the provider take them; a volume is of the task alone, encrypted, and goes with it. */
export interface Task<Late = string> {
  readonly size: FargateSize;
  readonly containers: readonly ReturnType<typeof containerOf<Late>>[];
  readonly volumes: readonly { readonly name: string }[];
}

/** What AWS publishes of its database servers' CAs; the place that its own documentation names. */
export function caUrl(region: string): string {
  return `https://truststore.pki.rds.amazonaws.com/${region}/${region}-bundle.pem`;
}

const preparing = "prepare";

/** @throws Error for what no task may have */
export function taskOf<Late = string>(wish: TaskWish<Late>): Task<Late> {
  const { spec, beside = [], env = spec.env } = wish;
  assertPossible(spec);
  const paths = [...new Set([...spec.mounts.map(({ path }) => path), ...spec.tmpfs, ...beside.map(({ tmp }) => tmp)])];
  const prepared = paths.length > 0;
  const memoryMb = spec.limits.memoryMb + beside.reduce((sum, each) => sum + each.memoryMb, 0);
  const needs = [
    ...(prepared ? [{ containerName: preparing, condition: "SUCCESS" as const }] : []),
    ...beside.map(({ name }) => ({ containerName: name, condition: "START" as const })),
  ];
  const earlier = wish.before;
  const own = (argv: Pick<ContainerSpec, "entrypoint" | "command">) => ({ ...spec, ...argv });
  return {
    size: fargateSize({ ...spec.limits, memoryMb }),
    volumes: paths.map((path) => ({ name: volumeName(path) })),
    containers: [
      containerOf(wish, {
        spec,
        env,
        essential: true,
        needs: [...needs, ...(earlier ? [{ containerName: earlier.name, condition: "SUCCESS" as const }] : [])],
      }),
      ...(earlier
        ? [
            containerOf(
              { ...wish, ports: [] },
              {
                spec: own({ entrypoint: earlier.argv, command: [] }),
                env,
                name: earlier.name,
                essential: false,
                needs,
              },
            ),
          ]
        : []),
      ...beside.map((each) => besideOf(wish, each, prepared)),
      ...(prepared ? [prepareOf(wish, paths)] : []),
    ],
  };
}

type Condition = "SUCCESS" | "START";

interface Own<Late = string> {
  readonly env: Readonly<Record<string, string | Late>>;
  readonly spec: ContainerSpec;
  readonly name?: string;
  readonly essential: boolean;
  readonly needs: readonly { readonly containerName: string; readonly condition: Condition }[];
}

/** The container's name within its task, and its log stream's. */
export function partOf({ labels }: Pick<ContainerSpec, "labels">): string {
  return labels[label.part] ?? "main";
}

function containerOf<Late>(wish: TaskWish<Late>, { spec, env, name, essential, needs }: Own<Late>) {
  const health = name === undefined ? spec.health : undefined;
  return {
    name: name ?? partOf(spec),
    image: spec.image,
    essential,
    ...(spec.entrypoint && { entryPoint: [...spec.entrypoint] }),
    ...(spec.command && { command: [...spec.command] }),
    ...(wish.workingDir !== undefined && { workingDirectory: wish.workingDir }),
    environment: variables<Late>(env),
    secrets: sorted(wish.secrets).map(([key, valueFrom]) => ({ name: key, valueFrom })),
    portMappings: (name === undefined ? (wish.ports ?? []) : []).map((containerPort) => ({
      containerPort,
      protocol: "tcp" as const,
    })),
    user: spec.user,
    readonlyRootFilesystem: hardening.readOnlyRoot,
    linuxParameters: {
      initProcessEnabled: spec.init === true,
      capabilities: { drop: [...hardening.droppedCapabilities] },
    },
    mountPoints: [
      ...spec.mounts.map(({ path, readOnly }) => mountPoint(path, readOnly === true)),
      ...spec.tmpfs.map((path) => mountPoint(path)),
    ],
    dependsOn: [...needs],
    // More than two minutes no task gets.
    stopTimeout: Math.min(120, Math.max(2, spec.stopGraceSeconds)),
    dockerLabels: { ...spec.labels } as Record<string, string | Late>,
    ...(health && { healthCheck: healthOf(health) }),
    logConfiguration: logsTo(wish),
  };
}

/** Beside it, and without its secrets. */
function besideOf<Late>(wish: TaskWish<Late>, { name, image, user, argv, env, tmp }: Beside<Late>, prepared: boolean) {
  const needs = prepared ? [{ containerName: preparing, condition: "SUCCESS" as const }] : [];
  const spec = helperSpec(wish, { image, user, entrypoint: argv, tmpfs: [tmp] });
  return containerOf<Late>({ ...wish, secrets: {}, ports: [] }, { spec, env, name, essential: true, needs });
}

/**
 * A volume of a task belongs to root alone, and the CA of RDS is in no image. As root without any capability, which owns the fresh folders; it ends
 * before anything else begins.
 */
function prepareOf<Late>(wish: TaskWish<Late>, paths: readonly string[]) {
  const trusts = wish.spec.mounts.some(({ path }) => path === trustPath);
  const fetched = `${trustPath}/${caFile}`;
  const lines = [
    `chmod 1777 ${paths.join(" ")}`,
    ...(trusts
      ? [
          `curl --silent --show-error --fail --proto =https --tlsv1.2 --retry 3 --output ${fetched} ${caUrl(wish.region)}`,
          `chmod 444 ${fetched}`,
        ]
      : []),
  ];
  const entrypoint = ["sh", "-euc", lines.join("\n")];
  const spec = helperSpec(wish, { image: wish.helper, user: "0:0", entrypoint, tmpfs: paths });
  const own = { spec, env: {}, name: preparing, essential: false, needs: [] };
  return containerOf<Late>({ ...wish, secrets: {}, ports: [] }, own);
}

/** Of the wish's own container only what every container of the task has. */
function helperSpec<Late>(
  { spec }: TaskWish<Late>,
  own: Pick<ContainerSpec, "image" | "user" | "entrypoint" | "tmpfs">,
): ContainerSpec {
  const { health: _, init: __, ...rest } = spec;
  return { ...rest, ...own, command: [], env: {}, mounts: [], labels: {} };
}

/** Within what ECS takes: 5 to 300 s, 2 to 60 s, 1 to 10 times, at most 300 s. */
function healthOf({ test, intervalSeconds, timeoutSeconds, retries, startPeriodSeconds }: Health) {
  const within = (value: number, from: number, to: number) => Math.min(to, Math.max(from, Math.round(value)));
  return {
    command: [...test],
    interval: within(intervalSeconds, 5, 300),
    timeout: within(timeoutSeconds, 2, 60),
    retries: within(retries, 1, 10),
    startPeriod: within(startPeriodSeconds, 0, 300),
  };
}

/** A stream is called `<part>/<container>/<task>`. */
function logsTo<Late>({ region, logs, everyLine, spec }: TaskWish<Late>) {
  const mode = everyLine === true ? { mode: "blocking" } : { mode: "non-blocking", "max-buffer-size": "8m" };
  return {
    logDriver: "awslogs" as const,
    options: {
      "awslogs-group": logs,
      "awslogs-region": region,
      "awslogs-stream-prefix": partOf(spec),
      ...mode,
    } as Record<string, string | Late>,
  };
}

function mountPoint(path: string, readOnly = false) {
  return { sourceVolume: volumeName(path), containerPath: path, readOnly };
}

function volumeName(path: string): string {
  return `v${path.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
}

function variables<Late>(env: Readonly<Record<string, string | Late>>) {
  return sorted(env).map(([name, value]) => ({ name, value }));
}

function sorted<Value>(values: Readonly<Record<string, Value>>): readonly [string, Value][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

function assertPossible({ name, network, hostGateway, ports, capabilities, gpu }: ContainerSpec): void {
  const refused = (why: string) => new Error(`${name} cannot be a task of Fargate: ${why}`);
  if (network === "host") throw refused("it wants the host's network, and there is no host");
  if (hostGateway === true) throw refused("it calls a service on the host itself, and there is no host");
  if (ports !== undefined) throw refused("it publishes a port of the host: a load balancer does that");
  if (capabilities.length > 0) throw refused(`it wants ${capabilities.join(", ")}, which Fargate does not give`);
  if (gpu === true) throw refused("Fargate has no GPU");
}
