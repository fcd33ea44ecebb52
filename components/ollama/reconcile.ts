import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Readable, Transform } from "node:stream";
import { NotYet, until } from "../../toolchain/poll.ts";
import type { Place } from "../container/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import { withLease } from "../steps/lease.ts";
import type { Runner, SessionRunner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { type FoundModel, OllamaApi, OllamaError, wordsOf } from "./api.ts";
import type { ModelInputs, ModelOutputs } from "./inputs.ts";
import { Progress } from "./progress.ts";
import type { Model } from "./spec.ts";

/** A container that was only just started takes a moment; a native one was asked before anything was made. */
const answersWithinSeconds = 60;
const megabyte = 1_000_000;

/** The engine shows what a step's process prints to its standard error. */
const tell = (line: string): void => console.error(line);

/** The model is there, pulled or made when it was not, and embeds. The step with its runner given, so that tests can bring their own. */
export function provideModel(runner: Runner, inputs: ModelInputs): Promise<ModelOutputs> {
  const { place, probeImage: image } = inputs;
  return withLease(runner, place, { purpose: "model", image }, (lease) =>
    provideModelIn(runner, inputs, () => lease.check()),
  );
}

/** The same without a lease of its own. @param check throws when it is no longer ours to do */
export function provideModelIn(
  runner: SessionRunner,
  inputs: ModelInputs,
  check: () => Promise<void> = async () => undefined,
): Promise<ModelOutputs> {
  const { place, probeImage: image, network, hostGateway } = inputs;
  const request = {
    image,
    user: "65534:65534",
    env: {},
    mounts: [],
    network: [{ name: network, aliases: [] }],
    memoryMb: 64,
    hostGateway,
  };
  return withSession(runner, place, "model", request, (session) =>
    provide(check, new OllamaApi(session, inputs.url), inputs),
  );
}

async function provide(check: () => Promise<void>, api: OllamaApi, inputs: ModelInputs): Promise<ModelOutputs> {
  const { model, place, source } = inputs;
  const version = await answering(api, inputs.url);
  await check();
  const found = await find(api, model);
  if (found === undefined) await (source.kind === "pull" ? pull(api, inputs) : make(api, inputs, source));
  else if (source.kind === "file" && !(await api.isOf(model.name, source.sha256)))
    throw new StepFailure(otherFile(place, model, source.path));
  await check();
  const there = found ?? (await find(api, model));
  if (there === undefined) throw new StepFailure(`Ollama took the model ${model.name}, but does not list it`);
  await proveEmbedding(api, place, model, version);
  return { digest: there.digest, megabytes: Math.round(there.bytes / megabyte), version };
}

function answering(api: OllamaApi, url: string): Promise<string> {
  const late = () => {
    throw new StepFailure(`Ollama does not answer at ${url}`);
  };
  const look = async () => (await api.version()) ?? new NotYet(undefined);
  return until(look, { seconds: answersWithinSeconds, everyMs: 500, late });
}

/** Without a tag a model is listed as `:latest`. */
async function find(api: OllamaApi, { name }: Model): Promise<FoundModel | undefined> {
  return (await api.models()).find((each) => each.name === name || each.name === `${name}:latest`);
}

async function pull(api: OllamaApi, { model: { name }, place, source }: ModelInputs): Promise<void> {
  tell(`pulling the model ${name}`);
  const progress = new Progress(`model ${name}`, tell);
  const insecure = source.kind === "pull" && source.insecure;
  try {
    await api.stream("/api/pull", { model: name, insecure }, (line) => progress.pulled(line));
  } catch (error) {
    throw new StepFailure(notPulled(place, name, wordsOf(error)));
  }
}

async function make(
  api: OllamaApi,
  { model: { name } }: ModelInputs,
  { path, sha256 }: Extract<ModelInputs["source"], { kind: "file" }>,
): Promise<void> {
  // A step's process runs in infra/; the path is seen from the folder above.
  const file = resolve("..", path);
  const { size } = await stat(file);
  tell(`making the model ${name} from ${path}`);
  const progress = new Progress(`model ${name}`, tell);
  await api.upload(sha256, size, () => counted(createReadStream(file), (bytes) => progress.reached(path, bytes, size)));
  try {
    await api.stream("/api/create", { model: name, files: { "model.gguf": `sha256:${sha256}` } }, () => undefined);
  } catch (error) {
    throw new StepFailure(`Ollama could not make the model ${name} from ${path}: ${wordsOf(error)}`);
  }
}

function counted(source: Readable, reached: (bytes: number) => void): Readable {
  let bytes = 0;
  const counter = new Transform({
    transform(piece: Buffer, _, done) {
      bytes += piece.length;
      reached(bytes);
      done(null, piece);
    },
  });
  source.on("error", (error) => counter.destroy(error));
  return source.pipe(counter);
}

/** Running is not able to answer: one real embedding, and as long as the app's vectors are. */
async function proveEmbedding(api: OllamaApi, place: Place, model: Model, version: string): Promise<void> {
  let length: number;
  try {
    length = await api.embed(model.name, "Slipway asks for one embedding.");
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    throw new StepFailure(notEmbedded(model, version, wordsOf(error)));
  }
  if (length !== model.dimensions) throw new StepFailure(otherLength(place, model, length));
}

/** What to do when a model cannot be pulled; pure. */
export function notPulled({ stack }: Place, name: string, why: string): string {
  const set = `pulumi config set --path 'slipway:ollama.model' <name> --stack ${stack}`;
  if (/does not exist|not found/.test(why))
    return `there is no model ${name}: its registry answers "${why}". Look its name up (https://ollama.com/search) and set it with \`${set}\`; nothing was released`;
  return `the model ${name} could not be pulled: ${why}. What has come of it is kept: run the same command again to go on; nothing was released`;
}

/** Ollama tells only through the embedding that it cannot run a model; pure. */
export function notEmbedded({ name }: Model, version: string, why: string): string {
  const told = `Ollama ${version} has the model ${name}, but does not embed with it: ${why}`;
  if (!/architecture|unable to load model/.test(why))
    return `${told}. It must be a model for embeddings; nothing was released`;
  return `${told}. This Ollama is older than the model's architecture: update it (https://ollama.com/download), then run the same command again; nothing was released`;
}

/** What a user reads when the model's vectors have another length than config says: a store takes no vectors of two lengths. */
export function otherLength({ stack }: Place, { name, dimensions }: Model, length: number): string {
  return `the model ${name} answers ${length} numbers, config says ${dimensions}: choose another model, or say so with \`pulumi config set --path 'slipway:ollama.dimensions' ${length} --stack ${stack}\` if the app's vectors have that many; nothing was released`;
}

/** Under the same name it would be taken from the release that serves. */
function otherFile({ stack }: Place, { name }: Model, path: string): string {
  return `Ollama has a model ${name} that was not made from ${path}, and the release that serves embeds with it: give the new one a name of its own, \`pulumi config set --path 'slipway:ollama.model' ${name.replace(/:[^/]*$/, "")}:next --stack ${stack}\`; nothing was released`;
}
