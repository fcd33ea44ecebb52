import { describe, expect, test } from "vitest";
import { ollamaOf } from "../../components/ollama/options.ts";
import type { Problem } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import type { SystemOptions } from "../../infra/config/system-options.ts";
import embedding from "../live/support/orders-embedding.system.ts";
import { digest, problemsOf, rawOf, good as tmws } from "./config-fixture.ts";

const own = { ...embedding.options, name: "./embedding.ts" } as unknown as SystemOptions;
const good = {
  local: {
    system: own.name,
    images: "debian",
    image: { build: { context: "test/workloads/orders" } },
    edge: { domain: "orders.localhost" },
    redis: { enabled: false },
  },
  production: {
    system: own.name,
    images: "official",
    image: { ref: `ghcr.io/acme/orders:1.0.0@${digest}` },
    edge: { domain: "orders.acme.dev", tls: { email: "ops@acme.dev" } },
    redis: { enabled: false },
  },
} as const;

type Stack = keyof typeof good;
type Ollama = Readonly<Record<string, unknown>>;

const raw = (stack: Stack, ollama: Ollama, images: string = good[stack].images) => ({
  ...rawOf(stack, { ...good[stack], images, ollama }),
  own,
});

function settingsOf(stack: Stack, ollama: Ollama, images?: string) {
  const reading = readSettings(raw(stack, ollama, images));
  if ("problems" in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.settings.ollama;
}

describe("accepted", () => {
  test("the system's own without a word in config", () => {
    const ollama = settingsOf("local", {});
    expect(ollama).toEqual({
      mode: "container",
      model: "tiny:1",
      dimensions: 1024,
      insecureRegistry: false,
      gpu: false,
    });
    const model = { name: "tiny:1", dimensions: 1024 };
    expect(ollamaOf(ollama)).toEqual({ mode: "container", model, offered: true });
    expect(ollamaOf(settingsOf("local", { mode: "off" }))).toEqual({ mode: "off", offered: true });
  });

  test.each<[string, Stack, Ollama, string?]>([
    [
      "a native one on another port, its model from a file",
      "production",
      { mode: "native", port: 12_000, from: "../m.gguf" },
    ],
    ["GPUs for the official image", "local", { gpu: true }, "official"],
    ["a plain registry on a laptop", "local", { model: "10.0.0.5:5000/team/e5:2", insecureRegistry: true }],
    [
      "a registry with a certificate in production",
      "production",
      { model: "models.acme.dev/team/e5:2", dimensions: 384 },
    ],
    ["the guide's model", "production", { model: "zylonai/multilingual-e5-large" }],
  ])("%s", (_, stack, ollama, images) => {
    expect(settingsOf(stack, ollama, images)).toMatchObject(ollama);
  });
});

const name = "a model as `ollama pull` takes it: [registry/][namespace/]name[:tag]";
const file =
  "the path of a .gguf file on the machine that runs Pulumi, absolute or seen from the folder of Pulumi.yaml";
const plain = { model: "10.0.0.5:5000/team/e5", insecureRegistry: true };

describe("refused", () => {
  test.each<[Stack, Ollama, string, string, string]>([
    ["local", { mode: "docker" }, "mode", "one of off, native, container", "set"],
    ["local", { mode: "host" }, "mode", "one of off, native, container", "set"],
    ["local", { model: "" }, "model", name, "set"],
    ["local", { model: "http://ollama.com/library/e5" }, "model", name, "set"],
    ["local", { model: "e5 large" }, "model", name, "set"],
    ["local", { model: "localhost:5000/e5" }, "model", name, "set"],
    ["local", { dimensions: 0 }, "dimensions", "a whole number of numbers from 1 to 65536", "set"],
    ["local", { dimensions: "many" }, "dimensions", "a whole number of numbers from 1 to 65536", "set"],
    ["local", { from: "model.bin" }, "from", file, "set"],
    ["local", { from: "/models" }, "from", file, "set"],
    ["local", { port: 11_434 }, "port", "set for mode native alone", "rm"],
    ["local", { mode: "native", port: 70_000 }, "port", "a whole number from 1 to 65535", "set"],
    [
      "local",
      { mode: "native", gpu: true },
      "gpu",
      "false unless Ollama runs in a container: a native one has the host's GPUs anyway",
      "rm",
    ],
    [
      "local",
      { gpu: true },
      "gpu",
      "false with images debian: the Ollama that is built here has no library for GPUs; the official image has",
      "rm",
    ],
    ["local", { gpu: "yes" }, "gpu", "true or false", "set"],
    ["local", { mode: "off", from: "m.gguf" }, "from", "set only where Ollama is on: mode native or container", "rm"],
    [
      "local",
      { insecureRegistry: true },
      "insecureRegistry",
      "false, or a model whose name begins with its registry: registry/namespace/name[:tag]",
      "rm",
    ],
    [
      "local",
      { ...plain, from: "m.gguf" },
      "insecureRegistry",
      "false beside ollama.from: what is made from a file is not pulled",
      "rm",
    ],
    [
      "production",
      plain,
      "insecureRegistry",
      "false outside a local stack: what comes by plain http can be changed on its way",
      "rm",
    ],
  ])("%s %j", (stack, ollama, option, allowed, command) => {
    const problems = problemsOf(raw(stack, ollama));
    expect(problems.map(({ path }: Problem) => path)).toEqual([`slipway:ollama.${option}`]);
    expect(problems[0]?.allowed).toBe(allowed);
    expect(problems[0]?.mend).toMatch(
      new RegExp(`^pulumi config ${command} --path 'slipway:ollama\\.${option}'.* --stack ${stack}$`),
    );
  });

  test("a system that asks no Ollama for anything has none", () => {
    const [problem, ...others] = problemsOf(
      rawOf("local", { ...tmws.local, system: "aidis", ollama: { mode: "container" } }),
    );
    expect(others).toEqual([]);
    expect(problem).toEqual({
      path: "slipway:ollama.mode",
      value: "container",
      allowed: "off: this system asks no Ollama for anything",
      mend: "pulumi config rm --path 'slipway:ollama.mode' --stack local",
    });
  });
});
