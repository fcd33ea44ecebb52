import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheRoot } from "../cache.ts";
import { run, which } from "../command.ts";
import { locked } from "../lock.ts";
import { messageOf } from "../message.ts";
import { phase } from "../phases.ts";

/** `npm run cluster -- up|down [--wipe]`: a real Kubernetes of one node on this machine, for tests, where KUBECONFIG names none. Linux, root. */

const folder = import.meta.dirname;
const state = join(cacheRoot(), "cluster-state");
const wanted = ["go", "gcc", "jq", "python3", "containerd", "runc", "kubectl", "openssl", "iptables"];

/** What it is made from decides the folder: another script or version is another build. */
async function built(): Promise<string> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
  const hash = createHash("sha256");
  for (const { parentPath, name } of files.sort((a, b) =>
    join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
  ))
    if (!name.endsWith(".ts") && !/^(up|down|pki|env)\.sh$/.test(name) && !parentPath.includes(`${folder}/etc`))
      hash.update(name).update(await readFile(join(parentPath, name)));
  const key = `cluster-1.34.0-${hash.digest("hex").slice(0, 12)}-${process.platform}-${process.arch}`;
  return cached(key, (draft) =>
    phase("building Kubernetes from source, which takes minutes", () => script("build.sh", [draft], {})),
  );
}

async function script(name: string, args: readonly string[], env: Record<string, string>): Promise<void> {
  const onLine = (line: string) => console.error(line);
  const { code, stderr } = await run("bash", [join(folder, name), ...args], { env, onLine });
  if (code !== 0) throw new Error(`${name} failed: ${stderr.split("\n").at(-1)}`);
}

async function assertPossible(): Promise<void> {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new Error("`npm run cluster` needs Linux and root");
  const there = await Promise.all(wanted.map((name) => which(name, process.env["PATH"])));
  const missing = wanted.filter((_, index) => there[index] === undefined);
  if (missing.length > 0)
    throw new Error(`not on PATH: ${missing.join(", ")}; install them, then run the same command again`);
}

async function main([command, ...options]: readonly string[]): Promise<void> {
  if (command !== "up" && command !== "down")
    throw new Error("allowed are: npm run cluster -- up, npm run cluster -- down [--wipe]");
  await assertPossible();
  const own = process.env["KUBECONFIG"];
  if (command === "up" && own !== undefined && own !== join(state, "pki/admin.kubeconfig"))
    return console.log(`KUBECONFIG names a cluster, which is used: ${own}`);
  const env = { B: await built(), S: state };
  await locked(join(cacheRoot(), "locks", "cluster"), "the test cluster", () => script(`${command}.sh`, options, env));
  if (command === "up") console.log(`export KUBECONFIG=${state}/pki/admin.kubeconfig`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`slipway cluster: ${messageOf(error)}`);
  process.exitCode = 1;
}
