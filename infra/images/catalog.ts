import { all, type NameIn } from "../../components/nouns/all.ts";

/** The parts Slipway does not write itself; each noun names its own (components/nouns). */

/** `official`: pulled from a registry, pinned by digest. `debian`: built from images/ on one Debian base. */
export const FLAVOURS = ["official", "debian"] as const;
export type Flavour = (typeof FLAVOURS)[number];

/**
 * One container definition serves both flavours: the images/ folders keep the official images' paths, ports, arguments,
 * environment and user. Versions differ where Debian is older (Caddy 2.6, Prometheus 2.53), so definitions use what both know.
 */
export const CATALOG = all("images");

export type PartName = NameIn<"images">;
