import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { AppsV1Api, CoreV1Api, KubeConfig, type V1Deployment } from "@kubernetes/client-node";
import { KubernetesPlatform } from "../../../infra/platforms/kubernetes/platform.ts";
import { cacheRoot } from "../../../toolchain/cache.ts";
import { succeed } from "../../../toolchain/command.ts";
import { ownGoTool } from "../../../toolchain/go-tool.ts";
import { NotYet, until } from "../../../toolchain/poll.ts";
import { register } from "../../doubles/mock-engine.ts";
import { ordersPlacement } from "../../fixtures/placement.ts";
import { localSettings } from "../../fixtures/settings.ts";
import { goTools } from "../../live/support/go-tools.ts";
import { type Calls, callsIn, crowdOf, fakeNode, type Made, nodeLabel, podsOf } from "./crowd.ts";

const nodes = 50;
/** Of five pods each. */
const systems = 100;
const patienceSeconds = 300;

export interface Placed {
  readonly nodes: number;
  readonly pods: number;
  /** From the first object to the last pod that is ready. */
  readonly seconds: number;
  /** What the API server answered meanwhile, our own looking excepted. */
  readonly calls: Calls;
}

/**
 * What a real API server, scheduler and controller manager take for the pods of 100 systems on 50 nodes. The nodes are kwok's: it says of their
 * pods that they are ready, and no process runs; everything else is Kubernetes itself.
 */
export async function placedOnNodes(): Promise<Placed> {
  await succeed("node", ["toolchain/slipway.mjs", "toolchain/cluster/main.ts", "up"]);
  const group = `slipway-scale-${randomBytes(3).toString("hex")}`;
  const kubeconfig = process.env["KUBECONFIG"] ?? join(cacheRoot(), "cluster-state/pki/admin.kubeconfig");
  const program = await ownGoTool(goTools.kwok);
  const cluster = new Crowded(kubeconfig, group);
  const own = `--manage-nodes-with-label-selector=${nodeLabel}=${group}`;
  // Without leases that are renewed Kubernetes takes a node for lost after 40 s.
  const alive = "--node-lease-duration-seconds=40";
  const kwok = spawn(program, [`--kubeconfig=${kubeconfig}`, "--manage-all-nodes=false", own, alive], {
    stdio: "ignore",
  });
  try {
    return await cluster.measure(crowdOf(await deployments(), group, systems));
  } finally {
    await cluster.clear();
    kwok.kill();
  }
}

/** Those of the reference application on PostgreSQL, as the program makes them: three web replicas and two workers. */
async function deployments(): Promise<readonly Made[]> {
  const { place, settings, system, images } = {
    ...ordersPlacement(localSettings),
    place: { stack: "s", system: "orders" },
  };
  // The provider gives a Secret its name; mocks give none, and the API server refuses a pod that reads one without.
  const named = { "kubernetes:core/v1:Secret": { metadata: { name: "named" } } };
  const placed = () => {
    new KubernetesPlatform({ place, settings, system, images });
  };
  const all = await register(placed, place.stack, named);
  return all.filter(({ type }) => type.endsWith(":Deployment")).map(({ inputs }) => inputs as unknown as Made);
}

class Crowded {
  readonly #kubeconfig: string;
  readonly #group: string;
  readonly #core: CoreV1Api;
  readonly #apps: AppsV1Api;
  #looks = 0;

  /** @param group name of the namespace, and what tells its nodes */
  constructor(kubeconfig: string, group: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#kubeconfig = kubeconfig;
    this.#group = group;
    this.#core = config.makeApiClient(CoreV1Api);
    this.#apps = config.makeApiClient(AppsV1Api);
  }

  async measure(crowd: readonly Made[]): Promise<Placed> {
    const namespace = this.#group;
    const pods = podsOf(crowd);
    await this.#core.createNamespace({ body: { metadata: { name: namespace } } });
    for (let number = 1; number <= nodes; number += 1)
      await this.#core.createNode({ body: fakeNode(namespace, number) });
    await this.#until("the nodes are ready", async () => (await this.#readyNodes()) === nodes);
    const before = await this.#calls();
    const began = performance.now();
    this.#looks = 0;
    for (const each of crowd)
      await this.#apps.createNamespacedDeployment({ namespace, body: each as unknown as V1Deployment });
    await this.#until("the pods are ready", async () => (await this.#readyPods()) === pods);
    const seconds = (performance.now() - began) / 1000;
    const after = await this.#calls();
    const calls = { all: after.all - before.all - this.#looks, writes: after.writes - before.writes };
    return { nodes, pods, seconds, calls };
  }

  async clear(): Promise<void> {
    await this.#core.deleteNamespace({ name: this.#group });
    await this.#until("the namespace is gone", async () => {
      const { items } = await this.#core.listNamespace({ fieldSelector: `metadata.name=${this.#group}` });
      return items.length === 0;
    });
    await this.#core.deleteCollectionNode({ labelSelector: `${nodeLabel}=${this.#group}` });
  }

  async #readyNodes(): Promise<number> {
    const { items } = await this.#core.listNode({ labelSelector: `${nodeLabel}=${this.#group}` });
    const ready = items.filter(({ status }) =>
      status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
    );
    return ready.length;
  }

  async #readyPods(): Promise<number> {
    this.#looks += 1;
    const { items } = await this.#apps.listNamespacedDeployment({ namespace: this.#group });
    return items.reduce((sum, { status }) => sum + (status?.readyReplicas ?? 0), 0);
  }

  async #calls(): Promise<Calls> {
    return callsIn(await succeed("kubectl", ["--kubeconfig", this.#kubeconfig, "get", "--raw", "/metrics"]));
  }

  async #until(what: string, is: () => Promise<boolean>): Promise<void> {
    const late = () => {
      throw new Error(`not within ${patienceSeconds} s: ${what}`);
    };
    const look = async () => (await is()) || new NotYet(undefined);
    await until(look, { seconds: patienceSeconds, everyMs: 500, late });
  }
}
