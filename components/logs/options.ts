import { integer } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";

/** How long what workloads print is kept on the host; all else keeps 10 MB three times. */
export const logsOptions = section({
  megabytes: optional(
    "Size at which a workload's log goes on in a new file.",
    integer(1, 1000, "MB", 10),
    '10, see guide 001, "Log persistence"',
  ),
  files: optional(
    "Log files that are kept of each workload's container, the newest among them.",
    integer(2, 365, "files", 30),
    '3; aidis 30 (guide 002, "Log Directory Setup": daily, 30 files)',
  ),
});
