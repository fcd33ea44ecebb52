import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bearerVariable, type LoadConfig, type LoadReport, loadLine } from "./load-config.ts";

/** The load generator as the bench sees it: it marks windows, waits whole seconds of load, and gets the report. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #report: Promise<LoadReport>;
  readonly #waits = new Set<{ left: number; done: () => void }>();
  #told: LoadReport | undefined;

  private constructor(child: ChildProcess, lines: NodeJS.ReadableStream, seen: (line: string) => void) {
    this.#child = child;
    const reader = createInterface({ input: lines });
    reader.on("line", (line) => {
      const read = loadLine.parse(JSON.parse(line));
      if ("report" in read) this.#told = read.report;
      else {
        seen(line);
        this.#second();
      }
    });
    this.#report = Promise.all([once(child, "exit"), once(reader, "close")]).then(([[code, signal]]) => {
      if (this.#told !== undefined && code === 0) return this.#told;
      throw new Error(`the load generator ended with ${code ?? signal} and without a report`);
    });
    // Told to whoever waits; until then nobody may be waiting.
    this.#report.catch(() => undefined);
  }

  /** @param seen gets the line of every second */
  static start(config: LoadConfig, bearer: string | undefined, seen: (line: string) => void): LoadProcess {
    const child = spawn(process.execPath, [join(import.meta.dirname, "load.ts"), JSON.stringify(config)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...(bearer !== undefined && { [bearerVariable]: bearer }) },
    });
    return new LoadProcess(child, child.stdout, seen);
  }

  /** @param version what streams must come back to from now on */
  mark(window: string, version?: string): void {
    this.#child.stdin?.write(`mark ${window}${version === undefined ? "" : ` ${version}`}\n`);
  }

  /** That many seconds of load, as the generator itself counts them. */
  async seconds(count: number): Promise<void> {
    const over = new Promise<void>((resolve) => this.#waits.add({ left: count, done: resolve }));
    const ended = this.#report.then(() => {
      throw new Error("the load generator ended by itself");
    });
    await Promise.race([over, ended]);
  }

  async stop(): Promise<LoadReport> {
    this.#child.stdin?.end("stop\n");
    return this.#report;
  }

  /** When the bench itself fails: no load may go on. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #second(): void {
    for (const wait of this.#waits) {
      wait.left--;
      if (wait.left > 0) continue;
      this.#waits.delete(wait);
      wait.done();
    }
  }
}
