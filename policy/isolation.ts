import { cgroupsPath } from "../components/container/spec.ts";
import { exporterParts } from "../components/exporters/spec.ts";
import { eachBox } from "./containers.ts";
import type { ResourcePolicy } from "./policy.ts";

const spec = "leave it to components/container (hardening), and the system's file without it";

/** Root's only: the edge binds ports below 1024, the firewall sets rules of the kernel. Each has the one capability for it. */
const roots: Readonly<Record<string, string>> = { edge: "NET_BIND_SERVICE", firewall: "NET_ADMIN" };

/** The walls around a container. */
export const isolationPolicies: readonly ResourcePolicy[] = [
  eachBox(
    {
      name: "no-root",
      level: "mandatory",
      guides: ["001:288", "002:284"],
      allowed:
        "a numeric user other than 0, as uid:gid; root is for edge and firewall alone, without capabilities but one",
      mend: 'user: "1000:1000" in the system\'s file, and an image whose data directories belong to that user',
    },
    ({ user, part }) => {
      const [uid = ""] = user.split(":");
      if (/^[1-9]\d*$/.test(uid) || (part in roots && uid === "0")) return [];
      return [["user", user === "" ? "none: the image's own, which may be root" : `"${user}"`]];
    },
  ),
  eachBox(
    {
      name: "no-capabilities",
      level: "mandatory",
      guides: ["002:295", "003:514"],
      allowed: "all capabilities dropped, none added; NET_BIND_SERVICE for the edge, NET_ADMIN for the firewall",
      mend: spec,
    },
    ({ dropped, added, part }) => [
      ...(dropped.includes("ALL") ? [] : ([["capabilities.drops", dropped.join(", ") || "none"]] as const)),
      ...added.filter((name) => roots[part] !== name).map((name) => ["capabilities", `${name} added`] as const),
    ],
  ),
  eachBox(
    {
      name: "no-new-privileges",
      level: "mandatory",
      guides: ["002:295"],
      allowed: "no-new-privileges, and no confinement switched off",
      mend: spec,
    },
    ({ securityOptions }) => [
      ...(securityOptions.some((each) => /^no-new-privileges(:true|=true)?$/.test(each))
        ? []
        : ([["securityOpts", "without no-new-privileges"]] as const)),
      ...securityOptions
        .filter((each) => /unconfined|disable/.test(each))
        .map((each) => ["securityOpts", each] as const),
    ],
  ),
  eachBox(
    {
      name: "read-only-root",
      level: "mandatory",
      guides: ["002:297", "003:514"],
      allowed: "a read-only root, with volumes and tmpfs for what is written",
      mend: spec,
    },
    ({ readOnlyRoot }) => (readOnlyRoot ? [] : [["readOnly", "false"]]),
  ),
  eachBox(
    {
      name: "no-host-namespaces",
      level: "mandatory",
      guides: ["002:296", "002:298", "003:514"],
      allowed: "not privileged, no namespace and no device of the host",
      mend: spec,
    },
    ({ openings }) => openings.map((field) => [field, "of the host"]),
  ),
  eachBox(
    {
      name: "no-engine-socket",
      level: "mandatory",
      guides: ["002:650", "003:514"],
      allowed:
        "named volumes alone: no path of the host but its cgroups, read-only, for what counts containers, and never the engine's socket",
      mend: "name a volume in the system's file; who has the engine's socket is root on the host",
    },
    ({ mounts, part, workload }) =>
      mounts
        .filter(({ kind, source }) => kind === "bind" || source.startsWith("/"))
        .filter(
          ({ source, readOnly }) =>
            !(!workload && part === exporterParts.containers.part && source === cgroupsPath && readOnly === true),
        )
        .map(({ source }) => ["mounts", source.endsWith("docker.sock") ? `${source}, the engine itself` : source]),
  ),
];
