/** What a phase says about how far it is, e.g. `812 of 1890 packages`. */
export type Progress = (detail: string) => void;

export interface PhaseOptions {
  /** A phase that ends well sooner than this prints nothing, in milliseconds. Default 500. */
  readonly quietUnderMs?: number;
}

export type Phase = <T>(title: string, work: (progress: Progress) => Promise<T>, options?: PhaseOptions) => Promise<T>;

/** The part of `process.stderr` that is needed. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

interface Running {
  readonly title: string;
  readonly start: number;
  detail: string;
}

/** How often a running phase shows itself: on a terminal in place, in a log by a line. */
const tickMs = { terminal: 1_000, log: 5_000 };

/** `phase` and `say` for one terminal. They share it, so that a line never lands inside the ticker. */
export function createPhases(terminal: Terminal): { readonly phase: Phase; readonly say: (line: string) => void } {
  const running = new Set<Running>();
  const onTerminal = terminal.isTTY === true;

  function say(line: string): void {
    terminal.write(`${onTerminal ? "\r\u001b[2K" : ""}${line}\n`);
    showTicker();
  }

  function showTicker(): void {
    if (!onTerminal || running.size === 0) return;
    const text = [...running].map(soFar).join("; ");
    terminal.write(`\r\u001b[2K${text.slice(0, (terminal.columns ?? 80) - 1)}`);
  }

  async function phase<T>(
    title: string,
    work: (progress: Progress) => Promise<T>,
    options: PhaseOptions = {},
  ): Promise<T> {
    const one: Running = { title, start: Date.now(), detail: "" };
    running.add(one);
    const ticker = setInterval(
      () => (onTerminal ? showTicker() : say(soFar(one))),
      onTerminal ? tickMs.terminal : tickMs.log,
    );
    const end = (outcome: string) => {
      clearInterval(ticker);
      running.delete(one);
      if (outcome !== "") say(outcome);
    };
    try {
      const result = await work((detail) => {
        one.detail = detail;
      });
      const took = Date.now() - one.start;
      end(took < (options.quietUnderMs ?? 500) ? "" : `${title}: ${duration(took)}`);
      return result;
    } catch (error) {
      end(`${title}: failed after ${duration(Date.now() - one.start)}`);
      throw error;
    }
  }

  return { phase, say };
}

function soFar({ title, start, detail }: Running): string {
  return `${title}: ${duration(Date.now() - start)} so far${detail === "" ? "" : `, ${detail}`}`;
}

/** Milliseconds for a reader: `0.4 s`, `42 s`, `4 min 8 s`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Shows work on standard error: one line when it did something, progress while it lasts. Standard output stays free. */
export const { phase, say } = createPhases(process.stderr);
