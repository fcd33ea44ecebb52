import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { ownGoTool } from "../../../toolchain/go-tool.ts";
import type { Cluster } from "./cluster.ts";
import { goTools } from "./go-tools.ts";
import { checkout, run } from "./run.ts";

const image = "lab.local/cloudnative-pg:1.27.0";
const deployment = ["--namespace", "cnpg-system", "deployment/cnpg-controller-manager"] as const;

/** The real operator, from its own module: program, kinds and rights as its release has them; the image alone is made here. */
export class CloudNativePg {
  readonly #cluster: Cluster;
  readonly #folder: string;

  private constructor(cluster: Cluster, folder: string) {
    this.#cluster = cluster;
    this.#folder = folder;
  }

  /** Whether the cluster knows its kinds. */
  static async isThere(cluster: Cluster): Promise<boolean> {
    return (await cluster.ask("get", "crd", "clusters.postgresql.cnpg.io")).code === 0;
  }

  static async up(cluster: Cluster): Promise<CloudNativePg> {
    const own = new CloudNativePg(cluster, await mkdtemp(join(tmpdir(), "slipway-cnpg-")));
    await own.bringImage();
    await writeFile(own.manifests, await manifests());
    await cluster.kubectl("apply", "--server-side", "-f", own.manifests);
    await cluster.kubectl("rollout", "status", ...deployment, "--timeout=180s");
    return own;
  }

  /** With its kinds, and every Cluster that is left. */
  async down(): Promise<void> {
    await this.#cluster.kubectl("delete", "-f", this.manifests, "--ignore-not-found", "--timeout=120s");
    await rm(this.#folder, { recursive: true, force: true });
  }

  private get manifests(): string {
    return join(this.#folder, "operator.yaml");
  }

  /** With the files of its own: the program by the name that tells the architecture, and a link. */
  private async bringImage(): Promise<void> {
    const archive = join(this.#folder, "operator.tar");
    const program = await ownGoTool(goTools.cloudNativePg);
    const files = ["-:/operator/", `${program}:/operator/manager_amd64`, "@operator/manager_amd64:/manager"];
    const made = await run("python3", [
      join(checkout, "toolchain/cluster/image.py"),
      archive,
      image,
      ...files,
      "--",
      "/manager",
    ]);
    if (made.code !== 0) throw new Error(made.output);
    await this.#cluster.bringArchive(archive);
    await rm(archive);
  }
}

/** Of its release; nothing is pulled, and a machine that is busy gets it more than a tenth of a core. */
async function manifests(): Promise<string> {
  const { module: folder } = goTools.cloudNativePg;
  const module = "github.com/cloudnative-pg/cloudnative-pg";
  const listed = await run("go", ["-C", folder, "mod", "download", "-json", module]);
  const { Dir: files } = z.object({ Dir: z.string() }).parse(JSON.parse(listed.stdout));
  const text = await readFile(join(files, "releases/cnpg-1.27.0.yaml"), "utf8");
  return text
    .replaceAll(/(image|value): \S*cloudnative-pg:1\.27\.0/g, `$1: ${image}`)
    .replaceAll("imagePullPolicy: Always", "imagePullPolicy: IfNotPresent")
    .replace(/(limits:\s+cpu): 100m/, "$1: '1'");
}
