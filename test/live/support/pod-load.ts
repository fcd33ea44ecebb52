import { randomBytes } from "node:crypto";

/** What a client of orders was told, by a port of the nodes. */
export interface PodTally {
  readonly asked: number;
  readonly acknowledged: readonly string[];
  readonly failed: readonly string[];
  readonly versions: readonly string[];
}

/**
 * Reads and writes, each on a connection of its own, as they come from an ingress controller that balances: a port of the nodes knows no
 * connection that is open already, and keeps it with a pod that ends.
 */
export class PodLoad {
  readonly #base: string;
  readonly #prefix = `load-${randomBytes(3).toString("hex")}`;
  readonly #acknowledged: string[] = [];
  readonly #failed: string[] = [];
  readonly #versions = new Set<string>();
  #asked = 0;
  #ends = false;
  readonly #loops: Promise<void>[];

  /** @param base e.g. `http://10.250.0.1:30000` */
  constructor(base: string, clients = 4) {
    this.#base = base;
    this.#loops = Array.from({ length: clients }, (_, client) => this.#loop(client));
  }

  get prefix(): string {
    return this.#prefix;
  }

  async stop(): Promise<PodTally> {
    this.#ends = true;
    await Promise.all(this.#loops);
    const versions = [...this.#versions].sort();
    return { asked: this.#asked, acknowledged: this.#acknowledged, failed: this.#failed, versions };
  }

  async #loop(client: number): Promise<void> {
    for (let n = 0; !this.#ends; n += 1) {
      await this.#ask("GET", "/version");
      await this.#ask("POST", "/orders", { key: `${this.#prefix}-${client}-${n}`, item: "test", quantity: 1 });
    }
  }

  async #ask(
    method: string,
    path: string,
    body?: { readonly key: string; readonly item: string; readonly quantity: number },
  ): Promise<void> {
    this.#asked += 1;
    try {
      const reply = await fetch(`${this.#base}${path}`, {
        method,
        headers: { connection: "close", "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      });
      const told = (await reply.json()) as { readonly version?: string };
      if (!reply.ok) this.#failed.push(`${method} ${path}: ${reply.status}`);
      else if (body !== undefined) this.#acknowledged.push(body.key);
      if (told.version !== undefined) this.#versions.add(told.version);
    } catch (error) {
      this.#failed.push(
        `${method} ${path}: ${error instanceof Error ? `${error.message} ${String(error.cause)}` : error}`,
      );
    }
  }
}
