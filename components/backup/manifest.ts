import { z } from "zod";

/** What a set says of itself, beside SHA256SUMS; on one line, so that a list of sets is lines. Sets from before it have none. */
const manifestShape = z.object({
  version: z.literal(1),
  stack: z.string(),
  system: z.string(),
  /** ISO 8601. Everything that was acknowledged before `began` is in the set, nothing that was asked after `ended`. */
  began: z.string(),
  ended: z.string(),
  /** Nobody wrote between the two: what one request wrote to several stores is in all of them or in none. */
  oneMoment: z.boolean(),
  /** How long requests were held for that. */
  heldSeconds: z.number(),
  generation: z.number(),
  /** The product's image that served. */
  image: z.string(),
  revision: z.string().optional(),
  /** Rows by table. */
  rows: z.record(z.string(), z.number()),
  /** Stores whose data are in it as they lie on their volumes. */
  stores: z.array(z.string()),
});

export type Manifest = z.infer<typeof manifestShape>;

export const manifestFile = "manifest.json";

/** The content of `manifestFile`: one line, which `cat` over all sets makes into a list. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest)}\n`;
}

/** One set of the list. */
export interface KnownSet {
  readonly name: string;
  readonly purpose: string;
  readonly kilobytes: number;
  /** When it was complete; nothing that was written later is in it. */
  readonly ended: Date;
  /** Undefined for a set that a release took: it has the database and the directories, no stores. */
  readonly manifest: Manifest | undefined;
}

/** What a set was taken for; its name says it after its time. */
export function purposeOf(name: string): string {
  return name.split("-").slice(1).join("-");
}

/** Reads what `listSets` prints: name, kilobytes, when it was complete (seconds), manifest, parted by tabs. Newest last. */
export function parseSets(output: string): readonly KnownSet[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", kilobytes = "", seconds = "", text = ""] = line.split("\t");
      const manifest = parseManifest(text);
      return {
        name,
        purpose: purposeOf(name),
        kilobytes: Number(kilobytes),
        ended: manifest === undefined ? new Date(Number(seconds) * 1000) : new Date(manifest.ended),
        manifest,
      };
    })
    .sort((a, b) => a.ended.getTime() - b.ended.getTime());
}

/** A damaged one counts as none here: the checksums tell what is wrong before anything is restored. */
function parseManifest(text: string): Manifest | undefined {
  try {
    const parsed = manifestShape.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** Data that were brought from elsewhere: of no time of this stack's, so that whoever wants them names the set. */
export const importPurpose = "import";

/** Taken of this stack's own data. */
export function isOwn({ purpose }: Pick<KnownSet, "purpose">): boolean {
  return purpose !== importPurpose;
}

/** It says its rows and its schema, and has the stores: what a release takes does not. */
export function isWhole({ manifest }: Pick<KnownSet, "manifest">): boolean {
  return manifest !== undefined;
}

export interface SetWish {
  readonly set: string | undefined;
  /** The newest set that holds nothing written later. */
  readonly at: Date | undefined;
}

/** By how much clocks may differ without being wrong. */
const clocksDifferMs = 10 * 60_000;

/** Whether something is of a later time than clocks that are right could tell. */
export function isAhead({ ended }: Pick<KnownSet, "ended">, now: Date): boolean {
  return ended.getTime() > now.getTime() + clocksDifferMs;
}

/**
 * Which one is the newest cannot be told when some are of a time that has not come: a clock was wrong when they were taken, or is wrong now.
 * @throws Error that names them
 */
export function assertPast(sets: readonly Pick<KnownSet, "name" | "ended">[], stack: string, now: Date): void {
  const ahead = sets.filter((set) => isAhead(set, now)).map(({ name }) => name);
  if (ahead.length === 0) return;
  throw new Error(
    `it is ${now.toISOString()} here, and later than that are sets of stack ${stack}: ${ahead.join(", ")}. A clock was wrong when they were taken, or is now, so that the newest is not known: ${listOf(stack)}, --set names the one that is meant`,
  );
}

function listOf(stack: string): string {
  return `\`npm run backup -- --stack ${stack} --list\` shows what there is`;
}

/** The set that somebody wants. @throws Error in words for the user */
export function chooseSet(
  sets: readonly KnownSet[],
  { set, at }: SetWish,
  stack: string,
  now: Date = new Date(),
): KnownSet {
  const list = listOf(stack);
  if (sets.length === 0)
    throw new Error(`stack ${stack} has no backup set; \`npm run backup -- --stack ${stack}\` takes one`);
  if (set !== undefined) {
    const found = sets.find(({ name }) => name === set);
    if (found === undefined) throw new Error(`stack ${stack} has no backup set ${set}; ${list}`);
    return found;
  }
  const own = sets.filter(isOwn);
  if (at === undefined) assertPast(own, stack, now);
  const found = own.findLast(({ ended }) => at === undefined || ended.getTime() <= at.getTime());
  if (found !== undefined) return found;
  if (own.length === 0 || at === undefined)
    throw new Error(`stack ${stack} has no set of its own data, only some that were brought; --set names one, ${list}`);
  throw new Error(
    `--at ${at.toISOString()}: the oldest set of stack ${stack} is of ${own[0]?.ended.toISOString()}; ${list}`,
  );
}

/** Tables whose numbers differ, in words; empty when all agree. */
export function differences(wanted: Readonly<Record<string, number>>, found: Readonly<Record<string, number>>) {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort();
  return names
    .filter((name) => wanted[name] !== found[name])
    .map((name) => `${name}: ${wanted[name] ?? "no table"} in the set, ${found[name] ?? "no table"} restored`);
}

/** Lines of a name, a tab and a number. @throws Error when one is something else: a count that failed is no count */
export function parseCounts(output: string): Readonly<Record<string, number>> {
  const lines = output.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const found = /^(.+)\t(\d+)$/.exec(line);
      if (found === null) throw new Error(`rows could not be counted: ${line}`);
      return [found[1] ?? "", Number(found[2])];
    }),
  );
}
