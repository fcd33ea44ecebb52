import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnthropicDouble } from "../../doubles/anthropic.ts";
import { OpenAIDouble } from "../../doubles/openai.ts";
import { writeTinyModel } from "../../live/support/gguf.ts";
import { type Change, change } from "./releases.ts";
import type { Need } from "./scenario.ts";

/** Something beside the stack, there for as long as the bench is. */
export interface Outside {
  /** Config that leads to it. */
  readonly changes: readonly Change[];
  /** The same of secrets: path and value. */
  readonly secrets: readonly (readonly [path: string, value: string])[];
  stop(): Promise<void>;
}

const starts: Readonly<Record<Need, () => Promise<Outside>>> = {
  /** A DOUBLE: OpenAI itself cannot be had here. */
  async openai() {
    const double = await OpenAIDouble.start(await addressForContainers());
    return {
      changes: [change(double.url, "slipway:app", "openaiBaseUrl")],
      secrets: [["slipway:app.openaiApiKey", double.key]],
      stop: () => double.stop(),
    };
  },
  /** A DOUBLE, for the same reason. */
  async anthropic() {
    const double = await AnthropicDouble.start(await addressForContainers());
    return {
      changes: [change(double.url, "slipway:app", "anthropicBaseUrl")],
      secrets: [["slipway:app.anthropicApiKey", double.key]],
      stop: () => double.stop(),
    };
  },
  /** A real model for the real Ollama, of random weights: a pull of a trained one would be a download of hundreds of megabytes. */
  async "tiny model"() {
    const folder = await mkdtemp(join(tmpdir(), "slipway-bench-model-"));
    const file = join(folder, "tiny.gguf");
    await writeTinyModel(file, { seed: 1, dimensions: 1024 });
    return {
      changes: [change(file, "slipway:ollama", "from")],
      secrets: [],
      stop: () => rm(folder, { recursive: true }),
    };
  },
};

export function startOutside(needs: readonly Need[]): Promise<readonly Outside[]> {
  return Promise.all(needs.map((need) => starts[need]()));
}

/** Not imported before the bench knows its engine. */
async function addressForContainers(): Promise<string> {
  const { bridgeAddress } = await import("../../live/support/host.ts");
  return bridgeAddress();
}
