import { writeFile } from "node:fs/promises";

/**
 * A tiny model for embeddings, made here because none can be pulled: BERT with one block, single characters for words, mean pooling. Its weights
 * are random but follow from the seed, so that its embeddings mean nothing and are always the same. The layout is GGUF 3
 * (github.com/ggml-org/ggml, docs/gguf.md); Ollama takes it as it takes any.
 */
export interface TinyModel {
  /** Other weights, and so another digest. */
  readonly seed: number;
  readonly dimensions: number;
  /** @default bert; another word is an architecture that no Ollama knows */
  readonly architecture?: string;
}

type Value =
  | { readonly kind: "u32" | "f32"; readonly value: number }
  | { readonly kind: "flag"; readonly value: boolean }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "texts"; readonly value: readonly string[] }
  | { readonly kind: "i32s"; readonly value: readonly number[] };

interface Tensor {
  readonly name: string;
  /** The fastest dimension first. */
  readonly shape: readonly number[];
  /** Numbers of 16 bits: the large ones alone, because Ollama adds no others. */
  readonly half: boolean;
  readonly data: Buffer;
}

const alignment = 32;
const context = 64;
const feedForward = 64;
const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789.,:-"];
const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/** A word's first character and the others are two tokens. */
const tokens = [...special, ...letters.map((letter) => `▁${letter}`), ...letters];

export async function writeTinyModel(path: string, model: TinyModel): Promise<void> {
  await writeFile(path, tinyModel(model));
}

function tinyModel({ seed, dimensions, architecture = "bert" }: TinyModel): Buffer {
  const tensors = tensorsOf(randomOf(seed), dimensions);
  const entries = entriesOf(architecture, dimensions, seed);
  let offset = 0;
  const infos = tensors.map(({ name, shape, half, data }) => {
    const info = Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(half ? 1 : 0), u64(offset)]);
    offset += padded(data.length);
    return info;
  });
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries.map(([key, value]) => Buffer.concat([text(key), encoded(value)])),
    ...infos,
  ]);
  return Buffer.concat([fill(head), ...tensors.map(({ data }) => fill(data))]);
}

function entriesOf(architecture: string, dimensions: number, seed: number): readonly (readonly [string, Value])[] {
  const number = (key: string, value: number) => [key, { kind: "u32", value }] as const;
  const of = (key: string) => `${architecture}.${key}`;
  const id = (word: string) => special.indexOf(word);
  return [
    ["general.architecture", { kind: "text", value: architecture }],
    ["general.name", { kind: "text", value: `tiny-${seed}` }],
    number("general.file_type", 1),
    number(of("context_length"), context),
    number(of("embedding_length"), dimensions),
    number(of("block_count"), 1),
    number(of("feed_forward_length"), feedForward),
    number(of("attention.head_count"), 16),
    [of("attention.layer_norm_epsilon"), { kind: "f32", value: 1e-12 }],
    [of("attention.causal"), { kind: "flag", value: false }],
    number(of("pooling_type"), 1),
    ["tokenizer.ggml.model", { kind: "text", value: "bert" }],
    ["tokenizer.ggml.tokens", { kind: "texts", value: tokens }],
    ["tokenizer.ggml.token_type", { kind: "i32s", value: tokens.map((_, at) => (at < special.length ? 3 : 1)) }],
    number("tokenizer.ggml.token_type_count", 2),
    number("tokenizer.ggml.padding_token_id", id("[PAD]")),
    number("tokenizer.ggml.unknown_token_id", id("[UNK]")),
    number("tokenizer.ggml.bos_token_id", id("[CLS]")),
    number("tokenizer.ggml.cls_token_id", id("[CLS]")),
    number("tokenizer.ggml.seperator_token_id", id("[SEP]")),
    number("tokenizer.ggml.eos_token_id", id("[SEP]")),
    number("tokenizer.ggml.mask_token_id", id("[MASK]")),
  ];
}

function tensorsOf(random: () => number, width: number): readonly Tensor[] {
  const matrix = (name: string, columns: number, rows: number): Tensor => ({
    name: `${name}.weight`,
    shape: [columns, rows],
    half: true,
    data: halves(columns * rows, random),
  });
  const added = (name: string, rows: number): Tensor => ({
    name: `${name}.weight`,
    shape: [width, rows],
    half: false,
    data: singles(width * rows, random),
  });
  const vector = (name: string, length: number, value: number): Tensor => ({
    name,
    shape: [length],
    half: false,
    data: Buffer.from(new Float32Array(length).fill(value).buffer),
  });
  const norm = (name: string) => [vector(`${name}.weight`, width, 1), vector(`${name}.bias`, width, 0)];
  const layer = (name: string, columns: number, rows: number) => [
    matrix(name, columns, rows),
    vector(`${name}.bias`, rows, 0),
  ];
  return [
    matrix("token_embd", width, tokens.length),
    added("token_types", 2),
    added("position_embd", context),
    ...norm("token_embd_norm"),
    ...["q", "k", "v", "output"].flatMap((name) => layer(`blk.0.attn_${name}`, width, width)),
    ...norm("blk.0.attn_output_norm"),
    ...layer("blk.0.ffn_up", width, feedForward),
    ...layer("blk.0.ffn_down", feedForward, width),
    ...norm("blk.0.layer_output_norm"),
  ];
}

/** Numbers of 16 bits between 0.03 and 0.06 with either sign: random mantissas under one exponent. */
function halves(count: number, random: () => number): Buffer {
  const numbers = new Uint16Array(count);
  for (let at = 0; at < count; at++) {
    const bits = random();
    numbers[at] = ((bits & 1) << 15) | (10 << 10) | ((bits >>> 1) & 0x3ff);
  }
  return Buffer.from(numbers.buffer);
}

/** Numbers of 32 bits between -0.05 and 0.05. */
function singles(count: number, random: () => number): Buffer {
  const numbers = Float32Array.from({ length: count }, () => (random() / 2 ** 24 - 0.5) / 10);
  return Buffer.from(numbers.buffer);
}

/** xorshift32: whole numbers of 24 bits. */
function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state >>> 8;
  };
}

function encoded(value: Value): Buffer {
  switch (value.kind) {
    case "u32":
      return Buffer.concat([u32(4), u32(value.value)]);
    case "f32":
      return Buffer.concat([u32(6), Buffer.from(Float32Array.of(value.value).buffer)]);
    case "flag":
      return Buffer.concat([u32(7), Buffer.of(value.value ? 1 : 0)]);
    case "text":
      return Buffer.concat([u32(8), text(value.value)]);
    case "texts":
      return Buffer.concat([u32(9), u32(8), u64(value.value.length), ...value.value.map(text)]);
    case "i32s":
      return Buffer.concat([u32(9), u32(5), u64(value.value.length), Buffer.from(Int32Array.from(value.value).buffer)]);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function u64(value: number): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}

function padded(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function fill(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
}
