import type { HttpProbe, Probe } from "../../components/probe/spec.ts";
import type { DiligenceApp } from "./diligence.options.ts";

/** The deal of the smoke test; its cleanup removes it with its facts, its run and that run's files. */
const smokeDeal = "slipway-smoke-test";
const deal = `/api/deals/${smokeDeal}`;
const run = `${deal}/runs`;
const inventory = `${deal}/inventory?domain=applications`;
const bearer = "apiToken";

/** A run asks the model once; so long may that and the parsing take. */
const runSeconds = 60;

/** Guide 004, "Verification Steps": health, inventory, VDR, and the pipeline from end to end. */
export function diligenceProbes({ version }: Pick<DiligenceApp, "version">): readonly Probe[] {
  const health = { status: 200, json: { status: "healthy", version } };
  const none = { status: 200, json: { cost_quality: { total_items: 0 } } };
  const ask = (name: string, via: "network" | "edge", path: string, expect: HttpProbe["expect"], more: More = {}) =>
    ({ name, via, method: "GET", path, expect, ...more }) as const;
  const makes = (via: "network" | "edge") =>
    ({ name: "makes a deal", via, method: "PUT", path: deal, bearer, expect: { status: 200 } }) as const;
  const removes = (via: "network" | "edge") =>
    ({
      name: "removes it",
      via,
      method: "DELETE",
      path: deal,
      bearer,
      expect: { status: 200 },
      cleanup: true,
    }) as const;
  return [
    ask("healthy inside the network", "network", "/api/health", health),
    makes("network"),
    ask("an inventory wants a token", "network", inventory, { status: 401 }),
    ask("answers an inventory", "network", inventory, none, { bearer }),
    ask("answers a VDR list", "network", `${deal}/vdr`, { status: 200, json: { count: 0 } }, { bearer }),
    removes("network"),
    ask("healthy through the edge", "edge", "/api/health", health),
    ask("an inventory wants a token through the edge", "edge", inventory, { status: 401 }),
    ask("metrics are not public", "edge", "/metrics", { status: 404 }),
    makes("edge"),
    // Candidates' workers still wait behind their gate when the network is asked: a pipeline can run through the edge alone.
    {
      name: "starts a pipeline run",
      via: "edge",
      method: "POST",
      path: run,
      bearer,
      body: { id: smokeDeal },
      expect: { status: 202 },
    },
    ask(
      "the run is done, at least 70 % of its applications have a cost status",
      "edge",
      `${run}/${smokeDeal}`,
      { status: 200, json: { state: "done", enough: true } },
      { bearer, withinSeconds: runSeconds },
    ),
    ask("the VDR list names what is unknown", "edge", `${deal}/vdr`, { status: 200, text: '"requests"' }, { bearer }),
    removes("edge"),
  ];
}

type More = Pick<HttpProbe, "bearer" | "withinSeconds">;
