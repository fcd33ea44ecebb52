/** Who may reach whom where no host is: groups of what stands in a network, and the rules between them. Plain data. */

export interface TierRule {
  readonly name: string;
  readonly group: Group;
  readonly way: "in" | "out";
  readonly port: number;
  /** A network, or another group. */
  readonly peer: { readonly cidr: string } | { readonly group: Group };
  readonly why: string;
}

/** `balancer`: what users meet. `tasks`: the product, and what steps run. `database`, `cache`: the stores. */
export const groups = ["balancer", "tasks", "database", "cache"] as const;
export type Group = (typeof groups)[number];

export interface TierExposure {
  /** Ports that users reach, and from where. */
  readonly open: readonly { readonly port: number; readonly sources: readonly string[] }[];
  /** Of tasks, which a balancer and each other reach. */
  readonly taskPorts: readonly number[];
  readonly databasePort: number;
  /** Undefined without one. */
  readonly cachePort: number | undefined;
}

/** All else is denied, on the way out too. A task may ask anybody by https, since which hosts images and the product's own services have, no rule can say. */
export function tierRules({ open, taskPorts, databasePort, cachePort }: TierExposure): readonly TierRule[] {
  const between = (from: Group, to: Group, port: number, why: string): readonly TierRule[] => [
    { name: `${to}-${port}-from-${from}`, group: to, way: "in", port, peer: { group: from }, why },
    { name: `${from}-${port}-to-${to}`, group: from, way: "out", port, peer: { group: to }, why },
  ];
  return [
    ...open.flatMap(({ port, sources }) =>
      sources.map((cidr) => ({
        name: `balancer-${port}-from-${cidr.replace(/[^0-9a-f]+/g, "-")}`,
        group: "balancer" as const,
        way: "in" as const,
        port,
        peer: { cidr },
        why: "users",
      })),
    ),
    ...taskPorts.flatMap((port) => [
      ...between("balancer", "tasks", port, "what users ask"),
      ...between("tasks", "tasks", port, "probes, and what tasks ask each other"),
    ]),
    ...between("tasks", "database", databasePort, "PostgreSQL"),
    ...(cachePort === undefined ? [] : between("tasks", "cache", cachePort, "Redis")),
    {
      name: "tasks-443-out",
      group: "tasks",
      way: "out",
      port: 443,
      peer: { cidr: "0.0.0.0/0" },
      why: "images, secrets, logs, services of others",
    },
  ];
}
