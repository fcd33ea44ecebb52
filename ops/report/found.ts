import type { Release } from "../../components/steps/journal.ts";
import type { Unanswered } from "../status/means.ts";
import type { Spans } from "./ask.ts";
import type { Line } from "./judge.ts";

/** What was found of a release and of the time before it. */
export interface Found {
  readonly release: Release;
  readonly previous: Release | undefined;
  readonly spans: Spans;
  readonly lines: readonly Line[];
  /** What the comparison lacks. */
  readonly notes: readonly string[];
  readonly unanswered: Unanswered["unanswered"];
}
