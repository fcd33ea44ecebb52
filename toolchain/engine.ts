import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cacheRoot } from "./cache.ts";
import { isExecutable, run, which } from "./command.ts";
import { type Engine, type EngineFacts, nextEngineStep } from "./engine-plan.ts";
import { findGo } from "./go.ts";
import { phase, say } from "./phases.ts";
import { forgetRefusal, refusalOf, rememberRefusal, tellingLine } from "./refusals.ts";
import { buildEngine, builtEngine } from "./source.ts";
import { versions } from "./versions.ts";

const refusalKey = `pulumi-${versions.officialEngine}`;

/**
 * A Pulumi CLI: the one on PATH, else what Pulumi's own installer brings, else built from source.
 * @throws Error that says why each way did not serve, and the commands that mend it
 */
export async function ensureEngine(): Promise<Engine> {
  for (;;) {
    const step = nextEngineStep(await observe());
    if (step.kind === "fail") throw new Error(step.error);
    for (const line of step.said) say(line);
    if (step.kind === "use") return step.engine;
    if (step.kind === "build") return { origin: "source", pulumi: await buildEngine(step.go.path) };
    await tryInstaller();
  }
}

async function observe(): Promise<EngineFacts> {
  const [onPath, installed, built, refusal] = await Promise.all([
    engineOnPath(),
    installerEngine(),
    builtEngine(),
    refusalOf(refusalKey),
  ]);
  const ready = installed !== undefined || built !== undefined;
  return { onPath, installed, built, refusal, go: ready || refusal === undefined ? undefined : await findGo() };
}

/** Not the engine that a Slipway put on PATH for the program it runs: that one is `built`. */
async function engineOnPath(): Promise<EngineFacts["onPath"]> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.startsWith(cacheRoot()));
  const pulumi = await which("pulumi", folders.join(delimiter));
  if (pulumi === undefined) return undefined;
  const { stdout } = await run(pulumi, ["version"], { timeoutMs: 10_000, env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  return { pulumi, version: stdout.trim() || "of an unknown version" };
}

/** Where npm's package `pulumi` says that it puts the CLI, shared with Pulumi's Automation API. */
async function installerEngine(): Promise<string | undefined> {
  const pulumi = join(userPulumiHome(), "versions", versions.officialEngine, "bin", "pulumi");
  return (await isExecutable(pulumi)) ? pulumi : undefined;
}

/** `PULUMI_HOME` of the user, by default `~/.pulumi`; one inside our cache was exported by `npm run env` and is not theirs. */
export function userPulumiHome(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const home = env["PULUMI_HOME"];
  return home === undefined || home === "" || home.startsWith(cacheRoot(env))
    ? join(env["HOME"] ?? homedir(), ".pulumi")
    : home;
}

async function tryInstaller(): Promise<void> {
  const args = ["exec", "--yes", `--package=pulumi@${versions.officialEngine}`, "--", "pulumi", "version"];
  const env = { PULUMI_HOME: userPulumiHome(), PULUMI_SKIP_UPDATE_CHECK: "true" };
  const title = `installing Pulumi ${versions.officialEngine} with its own installer`;
  await phase(title, async () => {
    // A refused download fails at once or hangs without a word; a slow one shows curl's progress.
    const { code, stderr } = await run("npm", args, { env, stallMs: 20_000 });
    if (code === 0 && (await installerEngine()) !== undefined) return forgetRefusal(refusalKey);
    await rememberRefusal(refusalKey, tellingLine(stderr) || "it left no pulumi behind");
  });
}
