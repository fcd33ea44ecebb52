import { createHash } from "node:crypto";

/** How users reach tasks where no host is: load balancers of AWS, as plain data. */

/** A host name, and whom it leads to. */
export interface Answered {
  readonly host: string;
  /** Of the workload. */
  readonly alias: string;
  readonly port: number;
  /** Paths, with all below them, that users get 404 for. @default none */
  readonly private?: readonly string[];
}

export interface Rule {
  readonly priority: number;
  readonly hosts: readonly string[];
  /** @default every path */
  readonly paths?: readonly string[];
  /** Target, or nothing: 404. */
  readonly to?: string;
}

/** At most five values stand in one rule's conditions, one of them the host. */
const pathsPerRule = 4;

/** A target group's name within the stack: one workload has one for each port. */
export function targetName(alias: string, port: number): string {
  return `${alias}-${port}`;
}

/** In the order in which the balancer asks them; what none fits gets 404, as an edge without such a name answers nobody. */
export function rulesOf(routes: readonly Answered[]): readonly Rule[] {
  const rules = routes.flatMap(({ host, alias, port, private: paths = [] }) => {
    const patterns = paths.flatMap((path) => [path, `${path}/*`]);
    const chunks = Array.from({ length: Math.ceil(patterns.length / pathsPerRule) }, (_, at) =>
      patterns.slice(at * pathsPerRule, (at + 1) * pathsPerRule),
    );
    return [
      ...chunks.map((chunk) => ({ hosts: [host], paths: chunk })),
      { hosts: [host], to: targetName(alias, port) },
    ];
  });
  return rules.map((rule, index) => ({ priority: index + 1, ...rule }));
}

/** The newest of AWS' own that takes nothing older than TLS 1.2. */
export const tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/** WAF's fewest, and the window that it counts in: as on a Docker host, where the switch counts a minute. */
const fewestRequests = 10;
export const windowSeconds = 60;

/** Undefined where nothing is limited. */
export function rateLimit(requestsPerMinute: number): number | undefined {
  return requestsPerMinute === 0 ? undefined : Math.max(fewestRequests, requestsPerMinute);
}

const longest = 32;

/** Of names that AWS takes: 32 letters, digits and hyphens. Two that begin alike stay two. */
export function shortName(...parts: readonly string[]): string {
  const whole = parts.join("-");
  if (whole.length <= longest) return whole;
  const rest = createHash("sha256").update(whole).digest("hex").slice(0, 6);
  return `${whole.slice(0, longest - rest.length - 1).replace(/-+$/, "")}-${rest}`;
}
