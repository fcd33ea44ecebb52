import { memberOf } from "./api.ts";

const megabyte = 1_000_000;
/** A line each, for whoever waits; a layer below this size is there at once. */
const worthTelling = 5 * megabyte;
const everyPercent = 10;

/** Tells how far something large is: the start, each tenth, the end. */
export class Progress {
  readonly #what: string;
  readonly #say: (line: string) => void;
  readonly #told = new Map<string, number>();

  constructor(what: string, say: (line: string) => void) {
    this.#what = what;
    this.#say = say;
  }

  /** A line of Ollama's answer to a pull: `{ digest, total, completed }` while a layer comes. */
  pulled(line: unknown): void {
    const [digest, total, completed] = ["digest", "total", "completed"].map((name) => memberOf(line, name));
    if (typeof digest !== "string" || typeof total !== "number") return;
    this.reached(digest, typeof completed === "number" ? completed : 0, total);
  }

  /** @param part what is told apart, e.g. a layer's digest */
  reached(part: string, bytes: number, total: number): void {
    if (total < worthTelling) return;
    const percent = Math.floor((bytes / total) * (100 / everyPercent)) * everyPercent;
    if (percent <= (this.#told.get(part) ?? -1)) return;
    this.#told.set(part, percent);
    this.#say(`${this.#what}: ${percent} % of ${Math.round(total / megabyte)} MB`);
  }
}
