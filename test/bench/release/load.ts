/**
 * The load generator, a process of its own so that what the bench does beside it delays no request: `node load.ts '<LoadConfig>'`.
 * Standard input: `mark <window> [version]`, `stop`; SIGTERM or its end stop it as well. Standard output: see `loadLine`.
 */
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { Histogram } from "./histogram.ts";
import { bearerVariable, type LoadLine, loadConfig } from "./load-config.ts";
import { OpenLoop } from "./open-loop.ts";
import { StreamClients } from "./stream-client.ts";
import { StreamLog } from "./stream-log.ts";
import { Tally } from "./tally.ts";
import { transportOf } from "./transport.ts";

/** How often what is due is sent, in milliseconds. */
const tickMs = 2;

async function main(argument: string | undefined): Promise<void> {
  const config = loadConfig.parse(JSON.parse(argument ?? "{}"));
  const ca = await readFile(config.caFile, "utf8");
  const keys = createWriteStream(config.acknowledgedFile);
  const lag = monitorEventLoopDelay({ resolution: 5 });
  lag.enable();
  const start = performance.now();
  const tally = new Tally(start);
  const log = new StreamLog(tally, config.streams.backWithinMs);
  const second = { requests: 0, failed: 0, latency: new Histogram() };
  let acknowledged = 0;

  const transport = transportOf(config.protocol, { ...config, ca }, process.env[bearerVariable]);
  const loop = new OpenLoop(config, transport, {
    good(answer, sent, key) {
      tally.good(answer);
      log.answered(sent, answer.done);
      second.requests++;
      second.latency.record(answer.done - answer.due);
      if (answer.method !== "POST") return;
      acknowledged++;
      keys.write(`${key}\n`);
    },
    bad({ method, due }, kind, detail) {
      tally.bad(method, due, kind, detail);
      second.requests++;
      second.failed++;
    },
  });
  const streams = new StreamClients(config, transport, log);
  let sent = 0;
  const ticker = setInterval(() => {
    sent = loop.advance(start, sent, performance.now());
  }, tickMs);
  let seconds = 0;
  const teller = setInterval(() => {
    seconds++;
    const p99Ms = Math.round(second.latency.percentileMs(0.99) ?? 0);
    const { requests, failed } = second;
    print({ second: seconds, requests, failed, p99Ms, waiting: loop.waiting, streams: log.open });
    Object.assign(second, { requests: 0, failed: 0, latency: new Histogram() });
  }, 1000);

  await stopped((name, version) => tally.mark(name, performance.now(), version));
  clearInterval(ticker);
  const end = performance.now();
  // What a busy machine's last tick did not come to was due all the same.
  loop.advance(start, sent, end);
  streams.stop();
  log.finish(end, config.streams.count);
  await loop.finish();
  transport.close();
  clearInterval(teller);
  keys.end();
  await finished(keys);
  const { user, system } = process.cpuUsage();
  print({
    report: {
      windows: [...tally.report(end)],
      acknowledged,
      failures: tally.failures,
      cpuSeconds: Math.round((user + system) / 10_000) / 100,
      seconds: Math.round(end - start) / 1000,
      worstLagMs: Math.round(lag.max / 1e6),
    },
  });
  process.stdin.destroy();
}

function stopped(mark: (name: string, version: string | undefined) => void): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    const lines = createInterface({ input: process.stdin });
    lines.on("close", () => resolve());
    lines.on("line", (line) => {
      const [word, name, version] = line.split(" ");
      if (word === "mark" && name !== undefined) mark(name, version);
      else if (word === "stop") resolve();
      else console.error(`load: unknown line ${JSON.stringify(line)}`);
    });
  });
}

function print(line: LoadLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await main(process.argv[2]);
