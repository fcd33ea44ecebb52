import { join } from "node:path";
import { cacheRoot, exists } from "./cache.ts";
import { run, succeed } from "./command.ts";
import { userPulumiHome } from "./engine.ts";
import type { Engine } from "./engine-plan.ts";
import { findGo, type Go } from "./go.ts";
import { phase, say } from "./phases.ts";
import { type Home, nextProviderStep, type ProviderFacts } from "./providers-plan.ts";
import { forgetRefusal, refusalOf, rememberRefusal, tellingLine } from "./refusals.ts";
import { buildProvider, providersHash } from "./source.ts";
import { type Provider, providers } from "./versions.ts";

/** Over this a download counts as refused, in milliseconds; Pulumi prints nothing while one runs. */
const downloadPatienceMs = 120_000;
const refusalKey = `plugins-${providers.map(label).join("-").replaceAll(" ", "-")}`;

type Homes = Readonly<Record<Home, string>>;

/**
 * The provider plugins that the program's SDKs ask for: the official ones, else built from source. When they are there
 * this only looks for their folders.
 * @returns the PULUMI_HOME that has them
 * @throws Error that says why each way did not serve, and the commands that mend it
 */
export async function ensureProviders(engine: Engine): Promise<string> {
  const homes: Homes = {
    user: userPulumiHome(),
    own: join(cacheRoot(), `pulumi-home-${await providersHash(providers)}`),
  };
  for (;;) {
    const step = nextProviderStep(await observe(engine, homes));
    if (step.kind === "fail") throw new Error(step.error);
    if (step.kind === "use") return homes[step.home];
    for (const line of step.said) say(line);
    if (step.kind === "download") await download(engine, homes[step.home]);
    else await build(engine, step.go, homes.own);
  }
}

async function observe(engine: Engine, homes: Homes): Promise<ProviderFacts> {
  const [user, own, refusal] = await Promise.all([missingIn(homes.user), missingIn(homes.own), refusalOf(refusalKey)]);
  const missing = { user: user.map(label), own: own.map(label) };
  const mayBuild = own.length > 0 && refusal !== undefined;
  return { officialEngine: engine.origin !== "source", missing, refusal, go: mayBuild ? await findGo() : undefined };
}

async function missingIn(home: string): Promise<Provider[]> {
  const there = await Promise.all(providers.map((provider) => isInstalled(home, provider)));
  return providers.filter((_, index) => there[index] === false);
}

/** As Pulumi itself judges it: the folder is there and not marked as half made. */
async function isInstalled(home: string, { name, version }: Provider): Promise<boolean> {
  const folder = join(home, "plugins", `resource-${name}-v${version}`);
  const [present, partial] = await Promise.all([exists(folder), exists(`${folder}.partial`)]);
  return present && !partial;
}

async function download(engine: Engine, home: string): Promise<void> {
  await phase("downloading the provider plugins", async () => {
    const options = { env: pluginEnvironment(home), timeoutMs: downloadPatienceMs };
    const results = await Promise.all(
      (await missingIn(home)).map(({ name, version }) =>
        run(engine.pulumi, ["plugin", "install", "resource", name, version], options),
      ),
    );
    const failed = results.find(({ code }) => code !== 0);
    if (failed === undefined) await forgetRefusal(refusalKey);
    else await rememberRefusal(refusalKey, tellingLine(failed.stderr));
  });
}

/** One after the other: they share most of what is compiled. */
async function build(engine: Engine, go: Go, home: string): Promise<void> {
  for (const provider of await missingIn(home)) {
    const executable = await buildProvider(go.path, provider);
    const args = ["plugin", "install", "resource", provider.name, provider.version, "--file", executable];
    await succeed(engine.pulumi, args, { env: pluginEnvironment(home) });
  }
}

function pluginEnvironment(home: string): Record<string, string> {
  return { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
}

function label({ name, version }: Provider): string {
  return `${name} ${version}`;
}
