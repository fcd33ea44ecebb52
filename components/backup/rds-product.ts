import type { Place } from "../container/spec.ts";
import { type CommandPlace, commandOf, judgeCommand, withCommands } from "../probe/command.ts";
import { inOrder } from "../probe/order.ts";
import { type CommandProbe, type HttpProbe, isHttp, type Probe } from "../probe/spec.ts";
import { askTogether } from "../probe/together.ts";
import { StepFailure } from "../steps/failure.ts";
import type { SessionRunner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";

/** The product on a restored database: started in the task that asks it, by the release's own smoke probes. */

export interface RestoredProduct {
  readonly place: Place;
  readonly probes: readonly Probe[];
  readonly tokens: Readonly<Record<string, string>>;
  /** Workload and port that probes within the network ask. */
  readonly asked: { readonly workload: string; readonly port: number };
  readonly probeImage: string;
  /** Where command probes run, by workload, on the restored database; and the workload's port. */
  readonly commands: Readonly<Record<string, CommandPlace & { readonly port: number }>>;
  /** Runs commands with a workload beside each, see components/fargate/companion.ts. */
  readonly runnerOf: (workload: string) => Promise<SessionRunner>;
}

export interface ProvedProduct {
  /** Names of the probes that passed. */
  readonly proved: readonly string[];
  /** Of those that were not asked: the way they take, or the worker they wait for, is not there. */
  readonly left: readonly string[];
}

/** Pure. */
export function askable(probes: readonly Probe[]) {
  const http = (probe: Probe): probe is HttpProbe =>
    isHttp(probe) && probe.via === "network" && probe.withinSeconds === undefined;
  const command = (probe: Probe): probe is CommandProbe => !isHttp(probe);
  const all = inOrder(probes);
  const left = all.filter((probe) => !http(probe) && !command(probe)).map(({ name }) => name);
  return { http: all.filter(http), commands: all.filter(command), left };
}

/** @throws StepFailure with the first probe that is not proved, or with what the product said that never became healthy */
export async function proveProduct(product: RestoredProduct): Promise<ProvedProduct> {
  const { http, commands, left } = askable(product.probes);
  if (http.length > 0) await askInside(product, http);
  for (const probe of commands) await askByCommand(product, probe);
  return { proved: [...http, ...commands].map(({ name }) => name), left };
}

async function askInside(
  { place, tokens, asked, probeImage, runnerOf }: RestoredProduct,
  probes: readonly HttpProbe[],
) {
  const request = { image: probeImage, user: "65534:65534", env: {}, mounts: [], network: [], memoryMb: 64 };
  const target = { base: `http://127.0.0.1:${asked.port}`, options: [] };
  await withSession(await runnerOf(asked.workload), place, "drill-probe", request, (session) =>
    askTogether(session, probes, target, tokens),
  );
}

async function askByCommand({ place, commands, runnerOf }: RestoredProduct, probe: CommandProbe): Promise<void> {
  const { workload } = probe;
  const at = commands[workload];
  if (at === undefined) throw new StepFailure(`probe "${probe.name}": nothing runs its command`);
  const { port, ...run } = at;
  const problem = await withCommands(await runnerOf(workload), place, { [workload]: run }, async (sessions) => {
    const session = sessions.get(workload);
    if (session === undefined) return `probe "${probe.name}": nothing runs its command`;
    return judgeCommand(probe, await session.run(commandOf(probe, { host: "127.0.0.1", port })));
  });
  if (problem !== undefined) throw new StepFailure(problem);
}
