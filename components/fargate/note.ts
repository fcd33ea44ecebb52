/** A text as tags of a service: a tag takes 256 letters, and not all of them. Pure. */

export const notePrefix = "slipway:served-";
const longest = 250;

interface Tag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** @param present keys of the tags that are there; of them the stale ones are to go */
export function writtenNote(text: string, present: readonly string[]) {
  const letters = Buffer.from(text).toString("base64url");
  const count = Math.ceil(letters.length / longest);
  const written = Array.from({ length: count }, (_, at) => ({
    key: `${notePrefix}${at}`,
    value: letters.slice(at * longest, (at + 1) * longest),
  }));
  const keys = new Set(written.map(({ key }) => key));
  return { written, stale: present.filter((key) => key.startsWith(notePrefix) && !keys.has(key)) };
}

/** Undefined where nothing was noted. */
export function readNote(tags: readonly Tag[]): string | undefined {
  const own = new Map(tags.map(({ key = "", value = "" }) => [key, value]));
  let letters = "";
  for (let at = 0; own.has(`${notePrefix}${at}`); at += 1) letters += own.get(`${notePrefix}${at}`);
  return letters === "" ? undefined : Buffer.from(letters, "base64url").toString();
}
