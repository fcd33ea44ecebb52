import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import { edgeLabel, edgesOf } from "../components/edge/share.ts";
import { decideImages, registryAnswers } from "../infra/images/flavour.ts";
import type { Prepared } from "../toolchain/prepare.ts";
import type { Arguments } from "./arguments.ts";
import { askPulumi, type PulumiContext } from "./pulumi.ts";
import {
  checkout,
  newStackFile,
  readStackFile,
  salt,
  secretsProvider,
  stackFile,
  valueAt,
  withoutUselessSalt,
  withValue,
} from "./stack-file.ts";
import { contextOfSystem, edgeForNew, otherSystem, systemStackFile } from "./system-stack.ts";

/** How Pulumi is called for a stack: the user's own environment, with what the toolchain found put over it. */
export function contextOf(prepared: Prepared, stack: string): PulumiContext {
  return { pulumi: prepared.pulumi, env: { ...process.env, ...prepared.env }, stack, cwd: checkout };
}

/** @throws Error in words for the user when this state has no such stack */
export async function assertStack(context: PulumiContext): Promise<void> {
  const { stack } = context;
  if (!(await stackExists(context)))
    throw new Error(`there is no stack ${stack} in this state; \`npm start -- --stack ${stack}\` makes it`);
}

/** The text of the stack's file, which need not exist yet: options given on the command line are in it, the images' flavour is decided and said. */
export async function stackText(wishes: Arguments, engine: Docker, say: (line: string) => void): Promise<string> {
  const { stack, system, httpsPort, host } = wishes;
  const text = (await readStackFile(stack)) ?? (await newFile(stack, wishes, engine, say));
  const other = system && otherSystem(stack, system, valueAt(text, ["system"]));
  if (other) throw new Error(other);
  const ported = httpsPort === undefined ? text : withValue(text, ["edge", "httpsPort"], httpsPort);
  return withImages(host === undefined ? ported : withValue(ported, ["host"], host), engine, say);
}

/** The stack's file and its state exist. */
export async function ensureStack(
  context: PulumiContext,
  wishes: Arguments,
  engine: Docker,
  say: (line: string) => void,
): Promise<void> {
  const path = stackFile(context.stack);
  let text = await stackText(wishes, engine, say);
  const exists = await stackExists(context);
  // A stack that is new here cannot have been encrypted with this machine's passphrase.
  if (!exists && salt(text) !== undefined) text = withoutUselessSalt(text);
  if (text !== (await readStackFile(context.stack))) await writeFile(path, text);
  if (exists) return;
  // (m) `stack init` alone passes over the provider in the file and makes a stack with a passphrase.
  const provider = secretsProvider(text);
  const wanted = provider === undefined ? [] : ["--secrets-provider", provider];
  await askPulumi(context, ["stack", "init", "--no-select", ...wanted]);
}

/** Without a word of its system a new stack begins as a copy of `local`. With a port of its own it has its own edge. */
async function newFile(
  stack: string,
  { system, httpsPort }: Arguments,
  engine: Docker,
  say: (line: string) => void,
): Promise<string> {
  if (system === undefined) return newStackFile(await readFile(stackFile("local"), "utf8"));
  const found = await engine.listContainers({ filters: { label: [edgeLabel.port] } });
  const edges = edgesOf(found.map(({ Labels }) => ({ labels: Labels, state: "running" })));
  const near = httpsPort === undefined ? edgeForNew(stack, edges) : undefined;
  const edge = near !== undefined && (await isRouted(system)) ? near : undefined;
  if (edge !== undefined)
    say(
      `stack ${stack} shares the edge of stack ${edge.stack}, port ${edge.httpsPort} (slipway:edge.share in Pulumi.${stack}.yaml)`,
    );
  return systemStackFile({ system, stack, context: contextOfSystem(system), share: edge?.stack });
}

/** Read only when a new stack could share an edge: the systems bring Pulumi's SDK, which every other start need not wait for. */
async function isRouted(system: string): Promise<boolean> {
  const { hasRoutes } = await import("./systems.ts");
  return hasRoutes(system);
}

async function withImages(text: string, engine: Docker, say: (line: string) => void): Promise<string> {
  const configured = valueAt(text, ["images"]);
  if (configured === "official" || configured === "debian") return text;
  const decision = decideImages({ configured: undefined, answered: await registryAnswers(engine) });
  say(decision.line);
  return decision.store ? withValue(text, ["images"], decision.images) : text;
}

/** Whether the state knows the stack. A file backend is looked at without a process of Pulumi's. */
export async function stackExists(context: PulumiContext): Promise<boolean> {
  const backend = context.env["PULUMI_BACKEND_URL"] ?? "";
  if (backend.startsWith("file://")) {
    const state = join(backend.slice("file://".length), ".pulumi", "stacks", "slipway", `${context.stack}.json`);
    return access(state).then(
      () => true,
      () => false,
    );
  }
  return askPulumi(context, ["stack"]).then(
    () => true,
    () => false,
  );
}
