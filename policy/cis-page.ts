import { items } from "./cis.ts";

/** docs/hardening.md: which lines of the benchmark hold here, how, and what shows it. */
export function renderBenchmark(): string {
  return [
    "# The CIS Docker Benchmark, line by line",
    "",
    "Written by `npm run docs` from `policy/cis.ts`; a test compares. Lines of CIS Docker Benchmark 1.6 about containers and images; those about the",
    "daemon and its files are the host's, and not Slipway's to change. *Engine*: read from every running container's `docker inspect`, and where the",
    "kernel tells it (no new privileges, seccomp, capabilities) from `/proc/1/status`, by `npm run test:live -- hardening` and `-- secrets`.",
    "",
    "| line | asks for | here | shown by |",
    "|---|---|---|---|",
    ...items.map(
      ({ id, asks, here, wrong }) => `| ${id} | ${asks} | ${here} | ${wrong === undefined ? "see there" : "engine"} |`,
    ),
    "",
  ].join("\n");
}
