import { writeFile } from "node:fs/promises";
import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import { messageOf, redact } from "../../components/steps/failure.ts";
import type { Arguments } from "../arguments.ts";
import { elsewhere } from "../platform.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { readRecorded } from "../recorded/recorded.ts";
import { contextOf, stackExists } from "../stack.ts";
import { readState } from "../stack-state.ts";
import { judged } from "./judge.ts";
import { look } from "./look.ts";
import { managedRecordOf } from "./managed/recorded.ts";
import { statusWish, type Wish } from "./options.ts";
import type { Facts, Report } from "./report.ts";
import { renderText } from "./text.ts";

/** What the command's exit code says; documented in the README. */
const exit = { healthy: 0, notHealthy: 1, couldNotLook: 2 } as const;

/** Looks at a stack, changes nothing, and says how it is: on the terminal, as JSON, or as one page. */
export async function status(wishes: Arguments, say: (line: string) => void): Promise<number> {
  try {
    const wish = statusWish(wishes.rest);
    return await show(await lookAtStack(wishes), wish, say);
  } catch (error) {
    // Not main's exit code: whoever watches by these codes must not take a missing stack for a sick one.
    say(`slipway status: could not look at stack ${wishes.stack}: ${messageOf(error)}`);
    return exit.couldNotLook;
  }
}

async function show(report: Report, wish: Wish, say: (line: string) => void): Promise<number> {
  if (wish.json) console.log(JSON.stringify(report, undefined, 2));
  else console.log(renderText(report));
  if (wish.html !== undefined) {
    const { renderPage } = await import("./page/page.ts");
    await writeFile(wish.html, renderPage(report));
    say(`the page is in ${wish.html}`);
  }
  if (report.problems.length > 0) return exit.notHealthy;
  return report.healthy ? exit.healthy : exit.couldNotLook;
}

async function lookAtStack(wishes: Arguments): Promise<Report> {
  const now = new Date();
  const { stack } = wishes;
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, stack);
  if (!(await stackExists(context)))
    throw new Error(`there is none of that name in this state; \`npm start -- --stack ${stack}\` makes it`);
  if (elsewhere(stack) === "AWS' own parts") return judged(await lookByRecord(context, now));
  const [recorded, diagnostics] = await Promise.all([readRecorded(context), diagnosticsOf(stack)]);
  const { place } = recorded.rollout ?? { place: { stack, system: "" } };
  const means = {
    engine: engineClient(prepared.dockerHost),
    runner: dockerRunner(prepared.dockerHost),
    place,
    recorded,
    diagnostics: diagnostics(place.system),
    redacted: (text: string) => redact(text, recorded.secrets),
  };
  return judged(await look(means, now));
}

/** Of a stack whose parts AWS runs. */
async function lookByRecord(context: PulumiContext, now: Date): Promise<Facts> {
  // Loaded here alone: AWS' clients are no part of any other look.
  const { lookOnAws } = await import("./managed/look.ts");
  const resources = readState(await askPulumi(context, ["stack", "export", "--show-secrets"]));
  const record = managedRecordOf(context.stack, resources);
  return lookOnAws(record, (text) => redact(text, record.secrets), now);
}

/** The paths that the stack's systems name, by system and workload. */
async function diagnosticsOf(stack: string): Promise<(system: string) => Readonly<Record<string, string>>> {
  // Loaded here alone: it brings the Pulumi SDK with it.
  const { describeSystems } = await import("../systems.ts");
  const systems = (await describeSystems({ stack, system: undefined })).map(({ system }) => system);
  return (name) => {
    const workloads = systems.findLast((system) => system.name === name)?.workloads ?? [];
    const paths = workloads.map(
      ({ name: workload, duty }) => [workload, duty.kind === "web" ? duty.diagnosticsPath : undefined] as const,
    );
    return Object.fromEntries(paths.flatMap(([workload, path]) => (path === undefined ? [] : [[workload, path]])));
  };
}
