import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../ops/free-port.ts";
import { succeed } from "../../../toolchain/command.ts";
import { ownGoTool } from "../../../toolchain/go-tool.ts";
import type { Cluster } from "./cluster.ts";
import { goTools } from "./go-tools.ts";

/** What a cluster has for users to come in: Traefik, an ingress controller, and cert-manager. Both run beside its pods and speak to its API server. */
export class WayIn {
  /** Traefik's ports on 127.0.0.1. */
  readonly http: number;
  readonly https: number;
  /** Of the IngressClass, the ClusterIssuer and the namespace of its account. */
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #folder: string;
  readonly #programs: Program[] = [];
  readonly #undo: (readonly string[])[] = [];

  private constructor(cluster: Cluster, name: string, folder: string, [http, https]: readonly [number, number]) {
    this.#cluster = cluster;
    this.name = name;
    this.#folder = folder;
    this.http = http;
    this.https = https;
  }

  /** Traefik as it comes: nothing but its ports and its class is said. */
  static async open(cluster: Cluster, name: string): Promise<WayIn> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-ingress-"));
    const own = new WayIn(cluster, name, folder, [await freePort(), await freePort()]);
    const controller = "traefik.io/ingress-controller";
    await own.#make({
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name },
      spec: { controller },
    });
    const args = [
      `--entrypoints.web.address=127.0.0.1:${own.http}`,
      `--entrypoints.websecure.address=127.0.0.1:${own.https}`,
      "--entrypoints.websecure.http.tls=true",
      `--providers.kubernetesingress.ingressclass=${name}`,
      "--global.checknewversion=false",
    ];
    own.#programs.push(new Program(await ownGoTool(goTools.traefik), args, { KUBECONFIG: cluster.kubeconfig }));
    return own;
  }

  /** cert-manager's controller, which certifies by HTTP-01 what an Ingress with this issuer asks for. @param directory URL of the authority's */
  async certify(directory: string): Promise<void> {
    const image = await this.#solverImage();
    await this.#define();
    await this.#make({ apiVersion: "v1", kind: "Namespace", metadata: { name: this.name } });
    const solvers = [{ http01: { ingress: { class: this.name, serviceType: "ClusterIP" } } }];
    // The directory's certificate is of the test's own CA.
    const acme = { server: directory, skipTLSVerify: true, privateKeySecretRef: { name: "account" }, solvers };
    const metadata = { name: this.name };
    await this.#make({ apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", metadata, spec: { acme } });
    const args = [
      `--kubeconfig=${this.#cluster.kubeconfig}`,
      "--leader-elect=false",
      `--cluster-resource-namespace=${this.name}`,
      `--acme-http01-solver-image=${image}`,
      `--metrics-listen-address=127.0.0.1:${await freePort()}`,
      "--dns01-check-retry-period=1s",
    ];
    // Its own look at a challenge goes to port 80 of the name, which is nobody's here: Traefik stands for it, as a proxy.
    const proxied = { HTTP_PROXY: `http://127.0.0.1:${this.http}`, NO_PROXY: "127.0.0.1" };
    this.#programs.push(new Program(await ownGoTool(goTools.certManager), args, proxied));
  }

  /** What both printed last, for whoever asks why. */
  get said(): string {
    return this.#programs.map(({ said }) => said).join("\n---\n");
  }

  async close(): Promise<void> {
    for (const program of this.#programs) await program.stop();
    for (const args of this.#undo.toReversed()) await this.#cluster.kubectl("delete", "--ignore-not-found", ...args);
    await rm(this.#folder, { recursive: true });
  }

  async #make(object: Manifest): Promise<void> {
    const file = join(this.#folder, `${object.kind}.json`);
    await writeFile(file, JSON.stringify(object));
    await this.#cluster.kubectl("apply", "-f", file);
    this.#undo.push([object.kind, object.metadata.name]);
  }

  /** The kinds of objects that are cert-manager's own, where the cluster has none. */
  async #define(): Promise<void> {
    const kind = "crd/clusterissuers.cert-manager.io";
    if ((await this.#cluster.ask("get", kind)).code === 0) return;
    const folder = join(this.#folder, "definitions");
    await mkdir(folder);
    const cwd = goTools.certManager.module;
    const list = ["list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager"];
    const from = join((await succeed("go", list, { cwd, env: { GOFLAGS: "" } })).trim(), "deploy/crds");
    for (const name of (await readdir(from)).filter((each) => each.endsWith(".yaml"))) {
      const lines = (await readFile(join(from, name), "utf8")).split("\n");
      // Labels that Helm would fill in.
      await writeFile(join(folder, name), lines.filter((line) => !line.includes("{{")).join("\n"));
    }
    await this.#cluster.kubectl("apply", "--server-side", "-f", folder);
    this.#undo.push(["-f", folder]);
    await this.#cluster.kubectl("wait", "--for=condition=Established", kind, "--timeout=60s");
  }

  /** What answers a challenge, as the image that its pods run. */
  async #solverImage(): Promise<string> {
    const context = join(this.#folder, "solver");
    await mkdir(context);
    await copyFile(await ownGoTool(goTools.acmeSolver), join(context, "acmesolver"));
    const lines = ["FROM scratch", "COPY acmesolver /acmesolver", "USER 1000", 'ENTRYPOINT ["/acmesolver"]'];
    await writeFile(join(context, "Dockerfile"), lines.join("\n"));
    const name = `slipway-test/acmesolver:${goTools.acmeSolver.version}`;
    await succeed("docker", ["build", "--quiet", "--tag", name, context]);
    await this.#cluster.bring(name);
    return `docker.io/${name}`;
  }
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: object;
}

class Program {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];

  constructor(path: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(path, [...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => this.#said.push(text));
  }

  get said(): string {
    return this.#said.join("").split("\n").slice(-40).join("\n");
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
