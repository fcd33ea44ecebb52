import { label } from "../../components/container/spec.ts";
import { say } from "../../toolchain/phases.ts";
import { type Compose, type ComposeRun, composeUp } from "./compose.ts";
import { EmptyProgram } from "./empty-program.ts";
import type { Measured } from "./report.ts";
import type { BenchStack } from "./stack.ts";
import { timing } from "./statistics.ts";
import { readRendered } from "./volumes.ts";

/** Odd, so that the median is a run. */
export const runs = { previews: 5, ups: 3, launches: 3 } as const;

type Steady = Omit<Measured, "coldUp" | "composeUp">;

/** All numbers, interleaved, so that a slow minute of the machine is in both sides of each comparison. */
export async function measure(stack: BenchStack, compose: Compose, stop: AbortSignal): Promise<Measured> {
  const launches: { ours: number[]; compose: number[] } = { ours: [], compose: [] };
  let steady: Steady | undefined;
  // Builds what images are missing, and warms the files that both sides read.
  say(`first preview, not counted: ${(await stack.pulumi("preview")).toFixed(2)} s`);
  for (let launch = 1; launch <= runs.launches; launch++) {
    launches.ours.push(await told(`launch ${launch}`, stack.coldUp()));
    const run = await composeRun(stack, compose, stop);
    steady ??= await measureSteady(stack, stop);
    await stack.destroy();
    launches.compose.push(await told(`compose ${launch}`, composeUp(run)));
  }
  if (steady === undefined) throw new Error("nothing was launched");
  return { ...steady, coldUp: timing(launches.ours), composeUp: timing(launches.compose) };
}

/** Previews and updates without change; `--expect-no-changes` makes one that has any a failure. */
async function measureSteady(stack: BenchStack, stop: AbortSignal): Promise<Steady> {
  const empty = await EmptyProgram.make(stack.context, stop);
  const seconds = { empty: [] as number[], preview: [] as number[], up: [] as number[], start: [] as number[] };
  try {
    await empty.preview();
    for (let run = 1; run <= runs.previews; run++) {
      seconds.empty.push(await told(`empty preview ${run}`, empty.preview()));
      seconds.preview.push(await told(`preview ${run}`, stack.pulumi("preview", "--expect-no-changes")));
    }
    for (let run = 1; run <= runs.ups; run++) {
      seconds.up.push(
        await told(`no-change up ${run}`, stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")),
      );
      seconds.start.push(await told(`no-change npm start ${run}`, stack.start()));
    }
  } finally {
    await empty.remove();
  }
  return {
    emptyPreview: timing(seconds.empty),
    preview: timing(seconds.preview),
    noChangeUp: timing(seconds.up),
    noChangeStart: timing(seconds.start),
  };
}

/** What compose is to bring up: this stack, which runs. */
export async function composeRun(stack: BenchStack, compose: Compose, stop: AbortSignal): Promise<ComposeRun> {
  const [containers, url, { workloads, schema }] = await Promise.all([
    stack.containers(),
    stack.url(),
    stack.rollout(),
  ]);
  const [{ container, duty }] = workloads;
  return {
    compose,
    engine: stack.engine,
    dockerHost: stack.dockerHost,
    project: `${stack.name}-compose`,
    wishes: {
      containers,
      migration: {
        part: container.labels[label.part] ?? "app",
        command: schema.upgrade,
        workingDir: schema.workingDir,
      },
    },
    rendered: await readRendered(stack.engine, containers),
    url: `${url}${duty.path}`,
    stop,
  };
}

async function told(what: string, work: Promise<number>): Promise<number> {
  const seconds = await work;
  say(`${what}: ${seconds.toFixed(2)} s`);
  return seconds;
}
