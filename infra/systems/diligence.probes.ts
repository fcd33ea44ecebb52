import type { HttpProbe, Probe } from "../../components/probe/spec.ts";
import type { DiligenceApp } from "./diligence.options.ts";

/** The smoke test's deals, one for each way it asks; the cleanup of each removes it with its facts, its run and that run's files. */
const smokeDeal = (via: Via) => `slipway-smoke-test-${via}`;
const deal = (via: Via) => `/api/deals/${smokeDeal(via)}`;
const inventory = (via: Via) => `${deal(via)}/inventory?domain=applications`;
const run = smokeDeal("edge");
const runs = `${deal("edge")}/runs`;
const bearer = "apiToken";

/** A run asks the model once; so long may that and the parsing take. */
const runSeconds = 60;

/** Guide 004, "Verification Steps": health, inventory, VDR, and the pipeline from end to end. */
export function diligenceProbes({ version }: Pick<DiligenceApp, "version">): readonly Probe[] {
  const health = { status: 200, json: { status: "healthy", version } };
  const none = { status: 200, json: { cost_quality: { total_items: 0 } } };
  const ask = (name: string, via: Via, path: string, expect: HttpProbe["expect"], more: More = {}) =>
    ({ name, via, method: "GET", path, expect, ...more }) as const;
  const makes = (via: Via) =>
    ({ name: "makes a deal", via, method: "PUT", path: deal(via), bearer, expect: { status: 200 } }) as const;
  const removes = (via: Via) =>
    ({
      name: "removes it",
      via,
      method: "DELETE",
      path: deal(via),
      bearer,
      expect: { status: 200 },
      cleanup: true,
    }) as const;
  return [
    ask("healthy inside the network", "network", "/api/health", health),
    makes("network"),
    ask("an inventory wants a token", "network", inventory("network"), { status: 401 }),
    ask("answers an inventory", "network", inventory("network"), none, { bearer }),
    ask("answers a VDR list", "network", `${deal("network")}/vdr`, { status: 200, json: { count: 0 } }, { bearer }),
    removes("network"),
    ask("healthy through the edge", "edge", "/api/health", health),
    ask("an inventory wants a token through the edge", "edge", inventory("edge"), { status: 401 }),
    ask("metrics are not public", "edge", "/metrics", { status: 404 }),
    makes("edge"),
    // Candidates' workers still wait behind their gate when the network is asked: a pipeline can run through the edge alone.
    {
      name: "starts a pipeline run",
      via: "edge",
      method: "POST",
      path: runs,
      bearer,
      body: { id: run },
      expect: { status: 202 },
    },
    ask(
      "the run is done, at least 70 % of its applications have a cost status",
      "edge",
      `${runs}/${run}`,
      { status: 200, json: { state: "done", enough: true } },
      { bearer, withinSeconds: runSeconds },
    ),
    ask(
      "the VDR list names what is unknown",
      "edge",
      `${deal("edge")}/vdr`,
      { status: 200, text: '"requests"' },
      { bearer },
    ),
    removes("edge"),
  ];
}

type Via = HttpProbe["via"];
type More = Pick<HttpProbe, "bearer" | "withinSeconds">;
