import { label, type Place, resourceName } from "../container/spec.ts";
import type { Observed } from "../steps/runner.ts";
import { runPath } from "../switch/paths.ts";

/** Labels by which stacks of one host find each other's edge; each stack may belong to another Pulumi state. */
export const edgeLabel = {
  /** On an edge: its HTTPS port. */
  port: "slipway.edge.port",
  /** On an edge: who signs its certificates, a Signer. */
  ca: "slipway.edge.ca",
  /** On the switch of a stack that has no edge of its own: the stack whose edge it shares. */
  shares: "slipway.edge.shares",
} as const;

/** A container as a runner lists it. */
export type Labelled = Pick<Observed, "labels" | "state">;

/** Who signs an edge's certificates: its own CA, a CA that everybody knows, one that config names the roots of, or Let's Encrypt's staging CA. */
export const signers = ["internal", "public", "private", "rehearsal"] as const;
export type Signer = (typeof signers)[number];

/** An edge on this host that others may share. */
export interface FoundEdge {
  readonly stack: string;
  readonly httpsPort: number;
  readonly ca: Signer;
}

/** Says which stack a host name belongs to; it lies beside the socket. */
export function claimFile(host: string): string {
  return `${runPath}/${host}/stack`;
}

/** The volume with the sockets of every system that an edge serves: its owner's. */
export function runVolume(place: Place, share: string | undefined): string {
  return resourceName({ ...place, stack: share ?? place.stack }, "run");
}

/** Running edges, by stack. An edge of an older Slipway says no port: nobody can share it before its own next update. */
export function edgesOf(containers: readonly Labelled[]): readonly FoundEdge[] {
  return containers
    .filter(({ labels, state }) => state === "running" && labels[label.part] === "edge" && edgeLabel.port in labels)
    .map(({ labels }) => ({
      stack: labels[label.stack] ?? "",
      httpsPort: Number(labels[edgeLabel.port]),
      ca: signers.find((signer) => signer === labels[edgeLabel.ca]) ?? "public",
    }))
    .sort((a, b) => (a.stack < b.stack ? -1 : 1));
}

/** The stacks that share a stack's edge. */
export function sharersOf(stack: string, containers: readonly Labelled[]): readonly string[] {
  const found = containers.filter(({ labels }) => labels[edgeLabel.shares] === stack);
  return [...new Set(found.map(({ labels }) => labels[label.stack] ?? ""))].sort();
}

/** Undefined when nobody shares the edge of a stack, else why it cannot go. */
export function sharedRefusal(stack: string, sharers: readonly string[]): string | undefined {
  if (sharers.length === 0) return undefined;
  const [one, ...more] = sharers;
  const who = more.length === 0 ? `stack ${one} shares` : `stacks ${sharers.join(", ")} share`;
  const mend = sharers.map((each) => `npm run down -- --stack ${each}`).join("; ");
  return `${who} the edge of stack ${stack} and would no longer be reached. Remove ${more.length === 0 ? "it" : "them"} first: ${mend}`;
}

/**
 * The edge that a stack names in `slipway:edge.share`.
 * @throws Error in words for the user when it cannot be shared
 */
export function edgeToShare(stack: string, owner: string, containers: readonly Labelled[]): FoundEdge {
  const own = `give stack ${stack} an edge of its own with \`pulumi config rm --path 'slipway:edge.share' --stack ${stack}\``;
  if (owner === stack) throw new Error(`slipway:edge.share names stack ${stack} itself: ${own}`);
  const sharers = sharedRefusal(stack, sharersOf(stack, containers));
  if (sharers !== undefined) throw new Error(`slipway:edge.share: ${sharers}; or ${own}`);
  const found = edgesOf(containers).find((edge) => edge.stack === owner);
  if (found !== undefined) return found;
  const shares = containers.find(({ labels }) => labels[label.stack] === owner && edgeLabel.shares in labels);
  const instead = shares?.labels[edgeLabel.shares];
  if (instead !== undefined)
    throw new Error(
      `slipway:edge.share: stack ${owner} has no edge of its own, it shares that of stack ${instead}: \`pulumi config set --path 'slipway:edge.share' ${instead} --stack ${stack}\``,
    );
  throw new Error(
    `slipway:edge.share: the edge of stack ${owner} does not run on this host: start it with \`npm start -- --stack ${owner}\`, or ${own}`,
  );
}

/** Why a host name cannot be had; undefined when it is free or this stack's own. `holder`: the text of its claim. */
export function claimRefusal(place: Place, host: string, holder: string | undefined): string | undefined {
  if (holder === undefined || holder.trim() === place.stack) return undefined;
  return `host name ${host} belongs to stack ${holder.trim()}: choose another with \`pulumi config set --path 'slipway:edge.domain' <host name> --stack ${place.stack}\`, or remove that stack with \`npm run down -- --stack ${holder.trim()}\``;
}
