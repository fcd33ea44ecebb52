/** A line of a guide's checklist. */
export interface Line {
  /** `guide:line` */
  readonly guide: string;
  readonly words: string;
  /** Why no plan shows it, and what does; absent where a policy cites the line. */
  readonly because?: string;
}

/** A line of a guide, word for word, so that a reader finds it there. */
export function line(guide: string, words: string, because?: string): Line {
  return { guide, words, ...(because !== undefined && { because }) };
}

/** What a plan cannot show, by who shows it instead. */
export const because = {
  host: "a state of the host: preflight reads it before every plan and refuses what is too small or too old",
  image: "content of an image: a plan holds its digest alone; the image's own build and tests show it",
  schema: "content of a database: Migration's assertions prove it on a copy, on the data and again in the bake time",
  serving:
    "an answer of the running product: SmokeTest asks it after each release, the system's live tests ask everything",
  measured: "a measured time or load: the bake time's triggers and the live tests measure it",
  watched: "what happens after a release: the bake time, Prometheus and people watch it",
  config: "a value that is checked before there is a plan: infra/config refuses a wrong one with its path",
  people: "work of people, not of a deployment",
  restore: "a drill, done and not planned: the live tests restore sets and compare the data",
  tests: "tests of the product's own code: they run before an image is built",
} as const;
