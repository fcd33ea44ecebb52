import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { leadsOut, type Workload, workloadContainer } from "../../../components/app/spec.ts";
import { toProvider } from "../../../components/container/docker.ts";
import { toEngine } from "../../../components/container/engine-api.ts";
import { Lines, OllamaApi, OllamaError } from "../../../components/ollama/api.ts";
import { Progress } from "../../../components/ollama/progress.ts";
import { notEmbedded, notPulled, otherLength } from "../../../components/ollama/reconcile.ts";
import { ollamaContainer, ollamaFiles, ollamaUrl } from "../../../components/ollama/spec.ts";
import { CATALOG } from "../../../infra/images/catalog.ts";
import { gatewayIn, unreachable } from "../../../infra/preflight/ollama.ts";

const place = { stack: "local", system: "tmws" };
const spec = {
  image: "sha256:image",
  network: "slipway-local_private",
  egress: "slipway-local_egress",
  limits: { cpus: 1, memoryMb: 2048, pids: 256 },
  gpu: false,
};

describe("ollama in a container", () => {
  test("is not root, has its models on their own volume, and publishes nothing", () => {
    expect(ollamaContainer(place, spec)).toEqual({
      name: "slipway-local_ollama",
      image: "sha256:image",
      command: ["serve"],
      env: { HOME: "/data/ollama", OLLAMA_HOST: "0.0.0.0:11434" },
      user: "1000:1000",
      mounts: [{ volume: "slipway-local_ollama-data", path: "/data" }],
      tmpfs: ["/tmp"],
      network: [
        { name: "slipway-local_private", aliases: ["ollama"] },
        { name: "slipway-local_egress", aliases: [] },
      ],
      labels: {
        "slipway.stack": "local",
        "slipway.system": "tmws",
        "slipway.part": "ollama",
        "slipway.role": "part",
      },
      limits: spec.limits,
      capabilities: [],
      health: {
        test: ["CMD", "ollama", "list"],
        intervalSeconds: 10,
        timeoutSeconds: 5,
        startPeriodSeconds: 10,
        retries: 3,
      },
      restart: "unless-stopped",
      stopGraceSeconds: 30,
    });
    expect(ollamaFiles()).toEqual([{ path: "ollama/", type: "directory", mode: 0o700, uid: 1000, gid: 1000 }]);
  });

  test("gets the host's GPUs only when they are asked for", () => {
    const withGpu = ollamaContainer(place, { ...spec, gpu: true });
    expect(toProvider(withGpu).gpus).toBe("all");
    expect(toEngine(withGpu).HostConfig?.DeviceRequests).toEqual([{ Count: -1, Capabilities: [["gpu"]] }]);
    expect(toProvider(ollamaContainer(place, spec))).not.toHaveProperty("gpus");
    expect(toEngine(ollamaContainer(place, spec)).HostConfig).not.toHaveProperty("DeviceRequests");
  });

  test("its addresses are the guide's", () => {
    expect(ollamaUrl({ mode: "container", port: 9999 })).toBe("http://ollama:11434");
    expect(ollamaUrl({ mode: "native" })).toBe("http://host.docker.internal:11434");
    expect(ollamaUrl({ mode: "native", port: 12_345 })).toBe("http://host.docker.internal:12345");
    expect(() => ollamaUrl({ mode: "off" })).toThrow("Ollama is off");
  });

  test("its Debian twin is built from a module that is pinned by hash, with the official image's contract", () => {
    const read = (file: string) => readFileSync(new URL(`../../../images/ollama/${file}`, import.meta.url), "utf8");
    expect(CATALOG.ollama.official).toMatch(/^ollama\/ollama:\d+\.\d+\.\d+$/);
    expect(read("go.mod")).toMatch(/^\tgithub\.com\/ollama\/ollama v0\.9\.0 /m);
    expect(read("go.sum")).toMatch(/^github\.com\/ollama\/ollama v0\.9\.0 h1:\S{44}$/m);
    expect(read("Dockerfile")).toMatch(/ENTRYPOINT \["\/bin\/ollama"\]\nCMD \["serve"\]\n$/);
    expect(read("Dockerfile")).toContain("-mod=readonly");
  });
});

describe("a workload that asks the host", () => {
  const workload: Workload = {
    name: "app",
    replicas: 1,
    user: "1000:1000",
    env: {},
    volumes: [],
    tmpfs: [],
    hostGateway: true,
    duty: { kind: "worker", check: [], single: true },
  };
  const deployment = {
    image: "sha256:app",
    network: "slipway-local_private",
    limits: spec.limits,
    health: { intervalSeconds: 1, timeoutSeconds: 1, startPeriodSeconds: 1, retries: 1 },
    stopGraceSeconds: 1,
  };

  test("finds it by name, on a network that leads out", () => {
    const container = workloadContainer(place, workload, deployment);
    expect(container.network).toEqual([
      { name: "slipway-local_private", aliases: ["app"] },
      { name: "slipway-local_egress", aliases: [] },
    ]);
    expect(toEngine(container).HostConfig?.ExtraHosts).toEqual(["host.docker.internal:host-gateway"]);
    expect(toProvider(container).hosts).toEqual([{ host: "host.docker.internal", ip: "host-gateway" }]);
    expect(leadsOut(workload)).toBe(true);
  });

  test("no other does", () => {
    const container = workloadContainer(place, { ...workload, hostGateway: false }, deployment);
    expect(container.network).toEqual([{ name: "slipway-local_private", aliases: ["app"] }]);
    expect(toEngine(container).HostConfig).not.toHaveProperty("ExtraHosts");
    expect(toProvider(container)).not.toHaveProperty("hosts");
  });
});

describe("progress", () => {
  const told: string[] = [];
  const progress = new Progress("model m", (line) => told.push(line));

  test("a large layer tells each tenth once, a small one nothing", () => {
    for (let completed = 0; completed <= 1100; completed += 1)
      progress.pulled({ status: "pulling", digest: "sha256:a", total: 1_100_000_000, completed: completed * 1e6 });
    progress.pulled({ status: "pulling", digest: "sha256:b", total: 400, completed: 400 });
    progress.pulled({ status: "success" });
    progress.pulled(undefined);
    expect(told).toEqual(Array.from({ length: 11 }, (_, tenth) => `model m: ${tenth * 10} % of 1100 MB`));
  });

  test("a line may come in pieces", () => {
    const lines: string[] = [];
    const cut = new Lines((line) => lines.push(line));
    for (const piece of ['{"a":', '1}\n{"b"', ":2}\n", "rest"]) cut.take(piece);
    expect(lines).toEqual(['{"a":1}', '{"b":2}']);
  });
});

/** A session that answers as the real Ollama did (0.9.0, by curl); what it was asked is kept. */
function session(exitCode: number, output: string) {
  const asked: (readonly string[])[] = [];
  return {
    asked,
    run: async ({ argv, heard }: { argv: readonly string[]; heard?: (text: string) => void }) => {
      asked.push(argv);
      heard?.(output);
      return { exitCode, output };
    },
  };
}

describe("the API", () => {
  const url = "http://ollama:11434";
  const api = (output: string, exitCode = 0) => new OllamaApi(session(exitCode, output), url);

  test("only an Ollama has a version", async () => {
    expect(await api('{"version":"0.9.0"}').version()).toBe("0.9.0");
    expect(await api("<html>It works!</html>").version()).toBeUndefined();
    expect(await api("curl: (7) Failed to connect", 7).version()).toBeUndefined();
  });

  test("counts the numbers of an embedding", async () => {
    expect(await api('{"model":"m","embeddings":[[0.1,0.2,0.3]]}').embed("m", "x")).toBe(3);
    expect(await api('{"model":"m","embeddings":[]}').embed("m", "x")).toBe(0);
    await expect(api('{"error":"unable to load model: /blob"}').embed("m", "x")).rejects.toThrow(OllamaError);
  });

  test("an error in the midst of a stream is one", async () => {
    const output = '{"status":"pulling manifest"}\n{"error":"pull model manifest: file does not exist"}\n';
    const heard: unknown[] = [];
    const pull = api(output).stream("/api/pull", { model: "m" }, (line) => heard.push(line));
    await expect(pull).rejects.toThrow("pull model manifest: file does not exist");
    expect(heard).toHaveLength(2);
  });

  test("a file that it has is not sent again; one that it lacks is read to its last byte", async () => {
    const has = session(0, "200");
    const never = () => {
      throw new Error("it was read");
    };
    await new OllamaApi(has, url).upload("ab", 3, never);
    expect(has.asked).toHaveLength(1);
    const lacks = session(0, "404");
    await new OllamaApi(lacks, url).upload("ab", 3, never);
    expect(lacks.asked[1]?.slice(0, 2)).toEqual(["sh", "-c"]);
    expect(lacks.asked[1]?.[2]).toContain("head -c 3 | curl");
    expect(lacks.asked[1]?.[3]).toBe("http://ollama:11434/api/blobs/sha256:ab");
  });

  test("a model is of the file whose hash its Modelfile names", async () => {
    const shown = api('{"modelfile":"FROM /data/blobs/sha256-6ead83\\n"}');
    expect([await shown.isOf("m", "6ead83"), await shown.isOf("m", "6ead84")]).toEqual([true, false]);
  });
});

describe("what a user reads", () => {
  const model = { name: "acme/e5", dimensions: 1024 };

  test("no such model, and a registry that cannot be reached, are told apart", () => {
    expect(notPulled(place, model.name, "pull model manifest: file does not exist")).toMatch(
      /^there is no model acme\/e5: .* set it with `pulumi config set --path 'slipway:ollama\.model' <name> --stack local`/,
    );
    expect(notPulled(place, model.name, "dial tcp: i/o timeout")).toMatch(
      /^the model acme\/e5 could not be pulled: dial tcp: i\/o timeout\. What has come of it is kept: run the same command again/,
    );
  });

  test("an Ollama that is too old is told from a model that does not embed", () => {
    expect(notEmbedded(model, "0.1.0", "unable to load model: /blob")).toContain("older than the model's architecture");
    expect(notEmbedded(model, "0.9.0", "this model does not support embeddings")).toContain(
      "It must be a model for embeddings",
    );
  });

  test("another length comes with the command that says so", () => {
    expect(otherLength(place, model, 768)).toContain(
      "`pulumi config set --path 'slipway:ollama.dimensions' 768 --stack local`",
    );
  });

  test("a native one that no container reaches: the address, the causes, the commands", () => {
    const gateway = gatewayIn("127.0.0.1\tlocalhost\n172.17.0.1\thost.docker.internal\n");
    expect(gateway).toBe("172.17.0.1");
    expect(gatewayIn("127.0.0.1\tlocalhost\n")).toBeUndefined();
    const told = unreachable("http://host.docker.internal:11434", gateway, "local");
    expect(told).toContain("at http://host.docker.internal:11434 (172.17.0.1:11434); nothing was changed");
    expect(told).toContain("listens on 127.0.0.1 alone");
    expect(told).toContain("OLLAMA_HOST=172.17.0.1:11434 ollama serve");
    expect(told).toContain("pulumi config set --path 'slipway:ollama.mode' container --stack local");
  });
});
