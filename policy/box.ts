import { cgroupsPath, hardening, label, logRotation } from "../components/container/spec.ts";
import {
  at,
  isContainer,
  isStep,
  later,
  listAt,
  numberAt,
  type Planned,
  recordAt,
  textAt,
  textsAt,
  type Values,
} from "./planned.ts";

export interface BoxMount {
  /** `volume`, `bind`, `tmpfs`... */
  readonly kind: string;
  readonly source: string;
  readonly readOnly: boolean;
}

/** A container as the engine will get it, whether the docker provider makes it or Rollout. */
export interface Box {
  /** Before the name of a field; empty for the provider's own resource. */
  readonly at: string;
  readonly part: string;
  readonly workload: boolean;
  /** Undefined where only an update will know it. */
  readonly image: string | undefined;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly BoxMount[];
  readonly networkMode: string;
  readonly networks: readonly string[];
  /** As `address:port`. */
  readonly published: readonly string[];
  readonly inside: readonly number[];
  readonly memoryMb: number;
  readonly swapMb: number;
  readonly dropped: readonly string[];
  readonly added: readonly string[];
  /** What takes walls away, by its field: privileged, host namespaces, devices. */
  readonly openings: readonly string[];
  readonly readOnlyRoot: boolean;
  readonly securityOptions: readonly string[];
  readonly restart: string;
  readonly log: Values;
  readonly health: readonly string[];
  readonly graceSeconds: number;
}

/** The containers that a resource describes. */
export function boxesOf(resource: Planned): readonly Box[] {
  if (isContainer(resource)) return [provided(resource.inputs)];
  if (!isStep("Rollout")(resource)) return [];
  return listAt(resource.inputs, "workloads").map((plan, index) =>
    released(recordAt(plan, "container"), `workloads[${index}].container.`),
  );
}

/** One of @pulumi/docker. */
function provided(inputs: Values): Box {
  const ports = listAt(inputs, "ports");
  const labels = listAt(inputs, "labels").map((each): [string, string] => [
    textAt(each, "label") ?? "",
    textAt(each, "value") ?? "",
  ]);
  return {
    at: "",
    part: Object.fromEntries(labels)[label.part] ?? "",
    workload: false,
    image: at(inputs, "image") === later ? undefined : (textAt(inputs, "image") ?? ""),
    user: textAt(inputs, "user") ?? "",
    env: Object.fromEntries(textsAt(inputs, "envs").map(variable)),
    mounts: [
      ...listAt(inputs, "mounts").map((mount) => ({
        kind: textAt(mount, "type") ?? "bind",
        source: textAt(mount, "source") ?? "",
        readOnly: at(mount, "readOnly") === true,
      })),
      ...listAt(inputs, "volumes").map((mount) => ({
        kind: textAt(mount, "hostPath") === undefined ? "volume" : "bind",
        source: textAt(mount, "hostPath") ?? textAt(mount, "volumeName") ?? "",
        readOnly: at(mount, "readOnly") === true,
      })),
    ],
    networkMode: textAt(inputs, "networkMode") ?? "",
    networks: listAt(inputs, "networksAdvanced").map((each) => textAt(each, "name") ?? ""),
    published: ports.map((port) => `${textAt(port, "ip") ?? "0.0.0.0"}:${numberAt(port, "external")}`),
    inside: ports.map((port) => numberAt(port, "internal")),
    memoryMb: numberAt(inputs, "memory"),
    swapMb: numberAt(inputs, "memorySwap"),
    dropped: textsAt(inputs, "capabilities", "drops"),
    added: textsAt(inputs, "capabilities", "adds"),
    openings: openings(inputs),
    readOnlyRoot: at(inputs, "readOnly") === true,
    securityOptions: textsAt(inputs, "securityOpts"),
    restart: textAt(inputs, "restart") ?? "no",
    log: recordAt(inputs, "logOpts"),
    health: textsAt(inputs, "healthcheck", "tests"),
    graceSeconds: numberAt(inputs, "destroyGraceSeconds"),
  };
}

function variable(text: string): [string, string] {
  const end = text.indexOf("=");
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 1)];
}

function openings(inputs: Values): readonly string[] {
  const namespaces = ["pidMode", "ipcMode", "usernsMode"].filter((key) => textAt(inputs, key) === "host");
  return [
    ...(at(inputs, "privileged") === true ? ["privileged"] : []),
    ...namespaces,
    ...(listAt(inputs, "devices").length > 0 ? ["devices"] : []),
  ];
}

/** One of Rollout's, a `ContainerSpec`: what its description leaves out is the same for every container of ours. */
function released(spec: Values, where: string): Box {
  const host = at(spec, "network") === "host";
  const ports = listAt(spec, "ports");
  const memoryMb = numberAt(spec, "limits", "memoryMb");
  return {
    at: where,
    part: textAt(spec, "labels", label.part) ?? "",
    workload: true,
    image: at(spec, "image") === later ? undefined : (textAt(spec, "image") ?? ""),
    user: textAt(spec, "user") ?? "",
    env: Object.fromEntries(
      Object.entries(recordAt(spec, "env")).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : [],
      ),
    ),
    mounts: [
      ...listAt(spec, "mounts").map((mount) => {
        const source = textAt(mount, "volume") ?? "";
        return { kind: source.startsWith("/") ? "bind" : "volume", source, readOnly: at(mount, "readOnly") === true };
      }),
      ...(at(spec, "hostCgroups") === true ? [{ kind: "bind", source: cgroupsPath, readOnly: true }] : []),
    ],
    networkMode: host ? "host" : "",
    networks: listAt(spec, "network").map((each) => textAt(each, "name") ?? ""),
    published: ports.map((port) => `${textAt(port, "address") ?? "0.0.0.0"}:${numberAt(port, "port")}`),
    inside: ports.map((port) => numberAt(port, "inside")),
    memoryMb,
    swapMb: memoryMb,
    dropped: hardening.droppedCapabilities,
    added: textsAt(spec, "capabilities"),
    openings: [],
    readOnlyRoot: hardening.readOnlyRoot,
    securityOptions: hardening.securityOptions,
    restart: textAt(spec, "restart") ?? "no",
    log: logRotation,
    health: textsAt(spec, "health", "test"),
    graceSeconds: numberAt(spec, "stopGraceSeconds"),
  };
}
