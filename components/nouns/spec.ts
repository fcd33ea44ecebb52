import type { Limits } from "../container/spec.ts";

/**
 * What a noun says of itself to the rest of the house: `noun.ts` in its folder, data alone. `components/nouns/all.ts` names every noun once, and
 * whoever wants images, limits, volumes or words asks there: a list of such things is written nowhere else.
 */
export interface Noun {
  /** By the name that config, proofs and `images.parts` have for each. @default it runs in another's */
  readonly images?: Readonly<Record<string, Image>>;
  /** What each of its containers may use, small tier; a larger one has a multiple. @default it runs nothing that stays */
  readonly limits?: Readonly<Record<string, Limits>>;
  /** Its volumes on a host, by the part that their labels name. Any other volume of a stack is a workload's, and so the user's data. @default none */
  readonly volumes?: Readonly<Record<string, Kept>>;
  /** What it costs users when its container is another, or is not there for a moment, by part; told before an update. @default nothing worth a word */
  readonly outage?: Readonly<Record<string, string>>;
  /** Of a store that systems may have beside their workloads. @default it is placed by lines of its own */
  readonly beside?: Beside;
}

/** Where the official image is, and where its Debian twin is built from. */
export interface Image {
  /** Repository and tag of the official image, in Docker's familiar form; undefined for a part that nobody else makes: it is built. */
  readonly official: string | undefined;
  /** Build context of the Debian twin, relative to the checkout; forward slashes. */
  readonly context: string;
  /** Who the container runs as in both flavours: `uid:gid`. */
  readonly user: string;
}

/** What becomes of a volume. `{}`: nothing by itself; who has it makes its content anew or lets go of it with the stack. */
export interface Kept {
  /** Type and name of the component that has it, both part of its URN: its data stay when the stack has that component no more. @default it never goes alone */
  readonly home?: { readonly type: string; readonly name: string };
  /** A restore brings it back, in a volume of the data's new generation: copied as it lies, or from a dump. @default it stays as it is */
  readonly restored?: { readonly of: string; readonly by: "files" | "dump" };
}

/**
 * A store that a system may have beside its workloads: its noun's name is its key in the system's file, its image, its limits and its address on the
 * private network. It asks nobody, and keeps what it has on one volume, `<name>-data`.
 */
export interface Beside {
  /** As it calls itself; part of its component's type, and so of URNs. */
  readonly title: string;
  readonly port: number;
  /** Answers 200 by http when it can serve; blackbox exporter asks it. */
  readonly healthPath: string;
  /** Why AWS' own parts cannot run it, for who asks for it there. */
  readonly unmanaged: string;
}

/** What a system's file says of such a store. */
export interface Offer {
  readonly enabled: boolean;
  /** The system can have it, so config may switch it off again: its data stay. @default false */
  readonly offered?: boolean;
}
