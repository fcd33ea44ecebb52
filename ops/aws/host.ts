import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareWithoutDocker } from "../../toolchain/prepare.ts";
import type { Arguments } from "../arguments.ts";
import { judgingArguments } from "../policies.ts";
import { askPulumi, type PulumiContext, runPulumi } from "../pulumi.ts";
import { contextOf } from "../stack.ts";
import { checkout, secretsProvider, stackFile, valueAt, withValue } from "../stack-file.ts";
import { hostWish, readHost, renderGround, renderHost } from "./wishes.ts";

/**
 * Makes, changes or removes the host of a stack with `slipway:platform: aws`: a Pulumi project of its own (infra/aws) over the stack's own config. Pulumi
 * asks before it changes anything, since all of it costs money.
 */
export async function host(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const { stack } = wishes;
  const wish = hostWish(wishes.rest);
  const file = stackFile(stack);
  const text = await readFile(file, "utf8").catch(() => undefined);
  assertAws(text === undefined ? undefined : valueAt(text, ["platform"]), text !== undefined, stack);
  const prepared = await prepareWithoutDocker(stack);
  const context = { ...contextOf(prepared, stack), cwd: join(checkout, "infra", "aws") };
  await ensureHostStack(context, text ?? "");
  const judging = wish.operation === "destroy" ? [] : await judgingArguments(prepared, stack);
  const code = await runPulumi(context, [wish.operation, ...judging, ...wish.rest]);
  if (code !== 0 || wish.operation !== "up") return code;
  const made = readHost(await askPulumi(context, ["stack", "output", "--json"]));
  if (!("host" in made)) {
    console.log(renderGround(made, stack));
    return 0;
  }
  const now = await readFile(file, "utf8");
  const told = withValue(now, ["host"], made.host);
  if (told !== now) {
    await writeFile(file, told);
    say(`slipway:host ${made.host} now stands in Pulumi.${stack}.yaml`);
  }
  console.log(renderHost(made, stack));
  return 0;
}

function assertAws(platform: unknown, exists: boolean, stack: string): void {
  if (platform === "aws") return;
  const mend = `pulumi config set slipway:platform aws --stack ${stack}`;
  throw new Error(
    exists
      ? `stack ${stack} has slipway:platform ${String(platform ?? "docker")}, whose host is not Slipway's to make; allowed: aws; mend: ${mend}`
      : `there is no Pulumi.${stack}.yaml; docs/aws.md has one to begin with`,
  );
}

/** With the secrets provider of the stack's file: both programs read the same secrets there. */
async function ensureHostStack(context: PulumiContext, text: string): Promise<void> {
  const there = await askPulumi(context, ["stack"]).then(
    () => true,
    () => false,
  );
  if (there) return;
  const provider = secretsProvider(text);
  const wanted = provider === undefined ? [] : ["--secrets-provider", provider];
  await askPulumi(context, ["stack", "init", "--no-select", ...wanted]);
}
