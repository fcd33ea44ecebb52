import { delimiter, dirname } from "node:path";
import { askedHostVariable } from "./docker-host.ts";
import type { Engine } from "./engine-plan.ts";
import type { Backend } from "./state.ts";

/** What `toolchainEnv` makes an environment from. */
export interface Tools {
  readonly engine: Engine;
  readonly pulumiHome: string;
  /** The user's own home, where `pulumi login` leaves its credentials. */
  readonly userHome: string;
  readonly backend: Backend;
  readonly machineBackend: string;
  readonly passphraseFile: string;
  /** The address of the engine. */
  readonly dockerHost: string;
  /** The ssh URL behind that address, when not the stack's config but the user's environment named it. */
  readonly askedHost: string | undefined;
  /** Folder of the Node that runs the program and its steps. */
  readonly nodeFolder: string;
  /** Where Node keeps what it compiled. */
  readonly compileCache: string;
  /** node_modules/.bin of the checkout. */
  readonly commands: string;
  /** Whether Pulumi may fetch plugins beside those that every stack has: a cluster's or AWS'. */
  readonly fetchesPlugins: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables with which `pulumi` finds its language host, plugins, state and Docker, and runs the right Node.
 * @param env the environment they are added to; a passphrase that the user set there stays in force
 */
export function toolchainEnv(tools: Tools, env: Environment): Record<string, string> {
  const first = [dirname(tools.engine.pulumi), tools.nodeFolder, tools.commands];
  return {
    PATH: withFirst(tools.engine.origin === "path" ? first.slice(1) : first, env["PATH"]),
    PULUMI_HOME: tools.pulumiHome,
    ...(tools.pulumiHome === tools.userHome ? {} : { PULUMI_CREDENTIALS_PATH: tools.userHome }),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Else Pulumi fetches the plugin of every SDK in node_modules, also of platforms that the stack is not on. With the engine from source
    // downloads are refused: what is missing all the same should fail at once.
    ...(tools.engine.origin === "source" || !tools.fetchesPlugins
      ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }
      : {}),
    // Halves the time in which the program and each step process load Pulumi's SDK.
    NODE_COMPILE_CACHE: tools.compileCache,
    ...backendEnv(tools, env),
    DOCKER_HOST: tools.dockerHost,
    ...(tools.askedHost === undefined ? {} : { [askedHostVariable]: tools.askedHost }),
  };
}

function backendEnv({ backend, machineBackend, passphraseFile }: Tools, env: Environment): Record<string, string> {
  if (backend.kind === "user") return backend.url === undefined ? {} : { PULUMI_BACKEND_URL: backend.url };
  const ownPassphrase = env["PULUMI_CONFIG_PASSPHRASE"] ?? env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  return {
    PULUMI_BACKEND_URL: machineBackend,
    ...(ownPassphrase === undefined ? { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile } : {}),
  };
}

/** PATH with these folders first, each folder once. */
export function withFirst(folders: readonly string[], path: string | undefined): string {
  const rest = (path ?? "").split(delimiter).filter((folder) => folder !== "" && !folders.includes(folder));
  return [...folders, ...rest].join(delimiter);
}
