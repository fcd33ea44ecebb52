import { dirname, join } from "node:path";
import { cacheRoot } from "./cache.ts";
import { ensureDocker } from "./docker.ts";
import { ensureEngine, userPulumiHome } from "./engine.ts";
import { toolchainEnv } from "./environment.ts";
import { ensurePolicyRunner, policyPackOf } from "./policy-pack.ts";
import { ensureProviders } from "./providers.ts";
import { isSsh } from "./ssh/address.ts";
import { backendOf, loggedInto, machineBackend, passphraseFile } from "./state.ts";

export interface Prepared {
  /** Full path of the Pulumi CLI. */
  readonly pulumi: string;
  /** Address of the Docker engine, e.g. `unix:///var/run/docker.sock`; of one by ssh, this end of the connection. */
  readonly dockerHost: string;
  /** Folder of Slipway's policy pack in the form that this CLI runs. */
  readonly policyPack: string;
  /** To be added to `process.env` for every call of that CLI. */
  readonly env: Record<string, string>;
}

export interface Wanted {
  /** The stack that the command is about; it decides which backend keeps the state. */
  readonly stack: string;
  /** `slipway:host` of that stack. */
  readonly host?: string | undefined;
  /** Whether its platform has a plugin of its own, which Pulumi fetches by itself. @default false */
  readonly fetchesPlugins?: boolean;
}

/**
 * Everything a Pulumi command needs on this machine: engine, providers, Docker, a place for the state. Under a second when
 * it is all there; minutes on a machine where the engine must be built.
 * @throws Error that names what is missing and the command that mends it
 */
export async function prepare({ stack, host, fetchesPlugins = false }: Wanted): Promise<Prepared> {
  return prepared({ stack, host, fetchesPlugins }, ensureDocker(host));
}

/** The same for a command that makes a host and has none. @throws as `prepare` */
export async function prepareWithoutDocker(stack: string): Promise<Prepared> {
  return prepared({ stack, fetchesPlugins: true }, undefined);
}

async function prepared(
  { stack, host, fetchesPlugins = false }: Wanted,
  asked: ReturnType<typeof ensureDocker> | undefined,
): Promise<Prepared> {
  const userHome = userPulumiHome();
  const [docker, { engine, pulumiHome }, login, machine, passphrase] = await Promise.all([
    asked,
    engineWithProviders(),
    loggedInto(userHome),
    machineBackend(),
    passphraseFile(),
  ]);
  const { PULUMI_BACKEND_URL: backendUrl, PULUMI_ACCESS_TOKEN: accessToken } = process.env;
  const tools = {
    engine,
    pulumiHome,
    userHome,
    backend: backendOf({ stack, machine, backendUrl, accessToken, loggedInto: login }),
    machineBackend: machine,
    passphraseFile: passphrase,
    dockerHost: docker?.address ?? "",
    askedHost: docker !== undefined && host === undefined && isSsh(docker.host.url) ? docker.host.url : undefined,
    compileCache: join(cacheRoot(), "compiled"),
    nodeFolder: dirname(process.execPath),
    commands: join(import.meta.dirname, "..", "node_modules", ".bin"),
    fetchesPlugins,
  };
  return {
    pulumi: engine.pulumi,
    dockerHost: docker?.address ?? "",
    policyPack: policyPackOf(engine),
    env: toolchainEnv(tools, process.env),
  };
}

async function engineWithProviders() {
  const engine = await ensureEngine();
  const pulumiHome = await ensureProviders(engine);
  await ensurePolicyRunner(engine, pulumiHome);
  return { engine, pulumiHome };
}
