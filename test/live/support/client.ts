import { Agent, request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { resourceName } from "../../../components/container/spec.ts";
import { internalRoot } from "../../../components/edge/spec.ts";
import { messageOf } from "../../../components/steps/failure.ts";
import { runner } from "./host.ts";
import type { Asked, Product } from "./product.ts";
import type { TestStack } from "./stack.ts";

/** 20 requests a second. */
const everyMs = 50;

/** What one client met. Times in seconds since it began. */
export interface Tally {
  readonly asked: number;
  readonly answered: number;
  /** Answers by the version that they name. */
  readonly versions: ReadonlyMap<string, number>;
  /** Keys whose write was answered well. */
  readonly acknowledged: readonly string[];
  /** Refused, reset, timed out, or a status that is no success; `at` is when it was asked. */
  readonly gap: readonly { readonly at: number; readonly what: string }[];
  /** Answers that came and were not whole: never allowed. */
  readonly broken: readonly string[];
  readonly longestSeconds: number;
}

/** A user who asks 20 times a second, whatever became of the question before: reads and writes in turn, on connections that are kept. */
export class Client {
  readonly #agent: Agent;
  readonly #stack: TestStack;
  readonly #product: Product;
  readonly #timeoutMs: number;
  readonly #began = performance.now();
  readonly #open = new Set<Promise<void>>();
  readonly #versions = new Map<string, number>();
  readonly #acknowledged: string[] = [];
  readonly #gap: { at: number; what: string }[] = [];
  readonly #broken: string[] = [];
  readonly #timer: NodeJS.Timeout;
  #asked = 0;
  #answered = 0;
  #longestMs = 0;

  private constructor(stack: TestStack, product: Product, ca: string, timeoutMs: number) {
    this.#stack = stack;
    this.#product = product;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({ keepAlive: true, ca, servername: stack.domain });
    this.#timer = setInterval(() => this.#next(), everyMs);
  }

  /** @param timeoutMs after which an answer counts as missing */
  static async start(stack: TestStack, product: Product, timeoutMs = 10_000): Promise<Client> {
    const ca = await runner.get(resourceName({ stack: stack.name, system: "" }, "edge"), internalRoot);
    if (ca === undefined) throw new Error("the edge has no CA yet");
    return new Client(stack, product, ca, timeoutMs);
  }

  get acknowledged(): readonly string[] {
    return this.#acknowledged;
  }

  /**
   * Stops asking, waits for every answer that is still out. Ten more are asked before: how many fit into what was watched is the machine's affair,
   * that some follow it is not.
   */
  async stop(): Promise<Tally> {
    const last = this.#asked + 10;
    while (this.#asked < last) await pause(everyMs);
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#agent.destroy();
    return {
      asked: this.#asked,
      answered: this.#answered,
      versions: this.#versions,
      acknowledged: this.#acknowledged,
      gap: this.#gap,
      broken: this.#broken,
      longestSeconds: this.#longestMs / 1000,
    };
  }

  #next(): void {
    const asked = this.#product.ask(this.#asked);
    this.#asked += 1;
    const sent = performance.now();
    const one = this.#send(asked)
      .then(
        ({ status, body }) => this.#answer(asked, sent, status, body),
        (error: unknown) => this.#miss(sent, wordsOf(error)),
      )
      .finally(() => {
        this.#longestMs = Math.max(this.#longestMs, performance.now() - sent);
        this.#open.delete(one);
      });
    this.#open.add(one);
  }

  #answer(asked: Asked, sent: number, status: number, body: string): void {
    this.#answered += 1;
    if (status !== asked.status) {
      this.#miss(sent, `status ${status}`);
      return;
    }
    try {
      const version = this.#product.version(asked, body);
      if (version !== undefined) this.#versions.set(version, (this.#versions.get(version) ?? 0) + 1);
      if (asked.key !== undefined) this.#acknowledged.push(asked.key);
    } catch (error) {
      this.#broken.push(`${asked.method} ${asked.path}: ${messageOf(error)}: ${body.slice(0, 200)}`);
    }
  }

  #miss(sent: number, what: string): void {
    this.#gap.push({ at: (sent - this.#began) / 1000, what });
  }

  #send({ method, path, body, headers }: Asked): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        {
          ...this.#stack.edge,
          method,
          path,
          agent: this.#agent,
          headers: {
            ...headers,
            host: `${this.#stack.domain}:${this.#stack.port}`,
            ...(body !== undefined && {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(body),
            }),
          },
          signal: AbortSignal.timeout(this.#timeoutMs),
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          // An answer that breaks off emits "error", never "end".
          response.on("error", reject).on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
        },
      );
      call.on("error", reject);
      call.end(body);
    });
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError" || error.name === "TimeoutError") return "no answer in time";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

/** One line for the log: how many, when, what. */
export function gapLine({ asked, gap, longestSeconds }: Tally): string {
  const longest = `longest answer ${longestSeconds.toFixed(1)} s`;
  const [first] = gap;
  if (first === undefined) return `no gap in ${asked} requests, ${longest}`;
  const kinds = [...new Set(gap.map(({ what }) => what))];
  const counts = kinds.map((kind) => `${kind}: ${gap.filter(({ what }) => what === kind).length}`).join(", ");
  const times = gap.map(({ at }) => at);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const when = `${(to - from).toFixed(1)} s, from ${from.toFixed(1)} to ${to.toFixed(1)}`;
  return `gap of ${when}: ${gap.length} of ${asked} requests (${counts}), ${longest}`;
}

/** Acknowledged writes that have no row, and rows that are there more than once. Pure. */
export function compareWrites(
  acknowledged: readonly string[],
  rows: readonly string[],
): { readonly lost: readonly string[]; readonly doubled: readonly string[] } {
  const written = new Set(rows);
  return {
    lost: acknowledged.filter((key) => !written.has(key)),
    doubled: rows.filter((key, place) => rows.indexOf(key) !== place),
  };
}
