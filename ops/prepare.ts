import { type Prepared, prepare } from "../toolchain/prepare.ts";
import { hostForms, isHost } from "../toolchain/ssh/address.ts";
import type { Arguments } from "./arguments.ts";
import { elsewhere, elsewhereOf } from "./platform.ts";
import { readStackFile, valueAt } from "./stack-file.ts";

/**
 * What a command on a stack needs, its Docker host being the one given, else the one that the stack's file names.
 * @param fetchesPlugins see `Wanted`; by default what the stack's platform needs
 */
export async function prepareFor(
  wishes: Pick<Arguments, "stack" | "system" | "host">,
  fetchesPlugins = elsewhere(wishes.stack) !== undefined,
): Promise<Prepared> {
  const host = wishes.host ?? (await configuredHost(wishes));
  return prepare({ stack: wishes.stack, host, fetchesPlugins });
}

/** A stack that is not there yet begins as a copy of `local`, unless it is made for a system. */
async function configuredHost({ stack, system }: Pick<Arguments, "stack" | "system">): Promise<string | undefined> {
  const text = (await readStackFile(stack)) ?? (system === undefined ? await readStackFile("local") : undefined);
  const host = text === undefined ? undefined : valueAt(text, ["host"]);
  // Else this machine's own Docker would be asked, or even installed, before the config is refused.
  const onHost = text !== undefined && valueAt(text, ["platform"]) === "aws" && elsewhereOf(text) === undefined;
  if (host === undefined && onHost)
    throw new Error(
      `slipway:host: (not set)\n  allowed: the address of the host that \`npm run host\` makes and writes here\n  mend: npm run host -- --stack ${stack}`,
    );
  if (host === undefined || (typeof host === "string" && isHost(host))) return host;
  throw new Error(
    `slipway:host: ${JSON.stringify(host)}\n  allowed: ${hostForms}\n  mend: pulumi config set slipway:host '<host>' --stack ${stack}`,
  );
}
