import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Document } from "yaml";
import type { FoundEdge } from "../components/edge/share.ts";
import { productOf, systems } from "../infra/systems/index.ts";
import { checkout } from "./stack-file.ts";

const names: readonly string[] = systems.map(({ name }) => name);
const [first = "tmws"] = names;

/**
 * What `--system` says: a name of Slipway's, or the path of a file, as config takes it (seen from the checkout).
 * @throws Error in words for the user
 */
export function systemWish(given: string | undefined): string | undefined {
  if (given === undefined || names.includes(given) || given.includes("/")) return given;
  if (given.endsWith(".ts")) return `./${given}`;
  throw new Error(
    `--system ${given}: allowed are ${names.join(", ")}, or the path of a file of your own, e.g. --system ../yours/yours.ts; npm run systems shows them`,
  );
}

/** The stack of a system when no other is named: `local` for the first, the system's own name for the others, a file's without its ending. */
export function stackOfSystem(system: string | undefined): string {
  if (system === undefined || system === first) return "local";
  const valid = basename(system)
    .replace(/\.[a-z]+$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  return valid.slice(0, 31) || "own";
}

/** Which edge of this host a new local stack shares: that on the port it would else want, or the first. Undefined: it has its own. */
export function edgeForNew(stack: string, edges: readonly FoundEdge[]): FoundEdge | undefined {
  const local = edges.filter((edge) => edge.ca === "internal" && edge.stack !== stack);
  return local.find(({ httpsPort }) => httpsPort === 8443) ?? local[0];
}

export interface NewStack {
  readonly system: string;
  readonly stack: string;
  /** Folder of the image's Dockerfile; undefined when nobody but the user knows it. */
  readonly context: string | undefined;
  readonly share: string | undefined;
}

/** The file of a new stack: what its system needs, nothing of another's. */
export function systemStackFile({ system, stack, context, share }: NewStack): string {
  const domain = stack === "local" ? system : stack;
  const document = new Document({
    config: {
      "slipway:system": system,
      "slipway:edge": { domain: `${domain}.localhost`, ...(share !== undefined && { share }) },
      "slipway:rollout": { bakeSeconds: 0 },
      ...(context !== undefined && { "slipway:image": { build: { context } } }),
    },
  });
  document.commentBefore =
    " Made by `npm start`. Every option stands in the README's table.\n Nobody's traffic would tell whether a release goes bad on a laptop: it is not watched (bakeSeconds).";
  return document.toString({ lineWidth: 0 });
}

/** The reference application of a system of Slipway's; for a file of one's own the folder it lies in, when that has a Dockerfile. */
export function contextOfSystem(system: string): string | undefined {
  const folder = system.includes("/") ? dirname(system) : `test/workloads/${system}`;
  return existsSync(join(folder.startsWith("/") ? "/" : checkout, folder, "Dockerfile")) ? folder : undefined;
}

/** Why a stack cannot run the wanted system; undefined when it does. `configured`: `slipway:system` of its file. */
export function otherSystem(stack: string, wanted: string, configured: unknown): string | undefined {
  const runs = configured ?? first;
  if (runs === wanted) return undefined;
  const differs = `stack ${stack} runs the system ${String(runs)} (Pulumi.${stack}.yaml), not ${wanted}`;
  if (typeof runs === "string" && productOf(runs) === productOf(wanted))
    return `${differs}: both are versions of one product, so the stack can change: set slipway:system to ${wanted} there, with that version's image and app.version, then npm start${stack === "local" ? "" : ` -- --stack ${stack}`}`;
  return `${differs}: give ${wanted} a stack of its own, e.g. npm start -- --system ${wanted} --stack ${stack}-2`;
}
