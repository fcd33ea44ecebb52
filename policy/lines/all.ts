import { aidisLines } from "./aidis.ts";
import type { Line } from "./line.ts";
import { tmwsLines } from "./tmws.ts";
import { triaDiligenceLines } from "./tria-diligence.ts";

/** Every line of the five guides' checklists, in their order. */
export const lines: readonly Line[] = [...tmwsLines, ...aidisLines, ...triaDiligenceLines];
