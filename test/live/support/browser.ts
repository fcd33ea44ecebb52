import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { succeed, which } from "../../../toolchain/command.ts";
import { phase } from "../../../toolchain/phases.ts";
import { eventually } from "./host.ts";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** A real browser without a window, driven by its own protocol. Debian's, installed where there is none. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #folder: string;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  #listener: (event: Event) => void = () => undefined;
  #serial = 0;

  private constructor(child: ChildProcess, socket: WebSocket, folder: string) {
    this.#child = child;
    this.#socket = socket;
    this.#folder = folder;
    socket.addEventListener("message", ({ data }) => this.#heard(JSON.parse(String(data))));
  }

  static async start(): Promise<Browser> {
    const program = await ensureBrowser();
    const folder = mkdtempSync(join(tmpdir(), "slipway-browser-"));
    // Root, as in a container of CI, has no sandbox of Chromium's; it opens this test's own file alone.
    const options = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--hide-scrollbars",
      "--remote-debugging-port=0",
    ];
    const child = spawn(program, [...options, `--user-data-dir=${folder}`, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const socket = new WebSocket(await addressOf(child));
    await once(socket, "open");
    return new Browser(child, socket, folder);
  }

  /** Opens a file as a screen of that width and colour scheme would show it. */
  async open(file: string, look: Look): Promise<Page> {
    const { targetId } = opened.parse(await this.send("Target.createTarget", { url: "about:blank" }));
    const { sessionId } = attached.parse(await this.send("Target.attachToTarget", { targetId, flatten: true }));
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.#listener = (event) => {
      if (event.sessionId === sessionId) page.heard(event);
    };
    await page.show(file, look);
    return page;
  }

  send(method: string, params: object, sessionId?: string): Promise<unknown> {
    this.#serial += 1;
    const answer = Promise.withResolvers<unknown>();
    this.#open.set(this.#serial, answer);
    this.#socket.send(JSON.stringify({ id: this.#serial, method, params, ...(sessionId && { sessionId }) }));
    return answer.promise;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #heard(message: unknown): void {
    const read = answered.safeParse(message);
    if (!read.success) {
      this.#listener(happened.parse(message));
      return;
    }
    const { id, result, error } = read.data;
    const waiting = this.#open.get(id);
    this.#open.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}

export interface Look {
  readonly width: number;
  readonly scheme: "light" | "dark";
}

type Send = (method: string, params: object) => Promise<unknown>;

/** A page that is open. */
export class Page {
  /** What its scripts complained of, and what the browser refused it. */
  readonly complaints: string[] = [];
  /** Addresses that it asked for. */
  readonly requests: string[] = [];
  readonly #send: Send;
  readonly #loaded = Promise.withResolvers<void>();

  constructor(send: Send) {
    this.#send = send;
  }

  async show(file: string, { width, scheme }: Look): Promise<void> {
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.#send(`${domain}.enable`, {});
    await this.scheme(scheme);
    const screen = { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 };
    await this.#send("Emulation.setDeviceMetricsOverride", screen);
    await this.#send("Page.navigate", { url: pathToFileURL(file).href });
    await this.#loaded.promise;
  }

  async scheme(value: Look["scheme"]): Promise<void> {
    await this.#send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  heard({ method, params }: Event): void {
    if (method === "Page.loadEventFired") this.#loaded.resolve();
    if (method === "Network.requestWillBeSent") this.requests.push(requested.parse(params).request.url);
    if (method === "Runtime.exceptionThrown" || method === "Runtime.consoleAPICalled" || method === "Log.entryAdded")
      this.complaints.push(JSON.stringify(params));
  }

  /** The value of an expression in the page. */
  async ask(expression: string): Promise<unknown> {
    const answer = evaluated.parse(await this.#send("Runtime.evaluate", { expression, returnByValue: true }));
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  /** Waits until an expression in the page is true. */
  async eventually(expression: string): Promise<void> {
    await eventually(expression, async () => ((await this.ask(expression)) === true ? true : undefined));
  }

  /** The whole page, from top to bottom. */
  async screenshot(file: string): Promise<void> {
    const shot = await this.#send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    await writeFile(file, Buffer.from(pictured.parse(shot).data, "base64"));
  }
}

const answered = z.object({
  id: z.number(),
  result: z.unknown(),
  error: z.object({ message: z.string() }).optional(),
});
const happened = z.object({ method: z.string(), params: z.unknown(), sessionId: z.string().optional() });
type Event = z.output<typeof happened>;
const opened = z.object({ targetId: z.string() });
const attached = z.object({ sessionId: z.string() });
const requested = z.object({ request: z.object({ url: z.string() }) });
const pictured = z.object({ data: z.string() });
const evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z.unknown().optional(),
});

async function ensureBrowser(): Promise<string> {
  const found = await findBrowser();
  if (found !== undefined) return found;
  await phase("installing Chromium for the status page's test", async () => {
    await succeed("apt-get", ["update"]);
    await succeed("apt-get", ["install", "-y", "--no-install-recommends", "chromium"]);
  });
  const installed = await findBrowser();
  if (installed !== undefined) return installed;
  throw new Error("apt-get install chromium left no browser behind");
}

async function findBrowser(): Promise<string | undefined> {
  const all = await Promise.all(names.map((name) => which(name, process.env["PATH"])));
  return all.find((path) => path !== undefined);
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error("the browser has no output");
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    const [, address] = /^DevTools listening on (\S+)/.exec(line) ?? [];
    if (address !== undefined) {
      child.stderr.resume();
      return address;
    }
    said.push(line);
  }
  throw new Error(`the browser did not start:\n${said.join("\n")}`);
}
