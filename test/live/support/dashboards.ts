import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { z } from "zod";
import { dashboardsFolder } from "../../../components/dashboards/provisioning.ts";
import { type Outside, runner } from "./host.ts";
import type { TestStack } from "./stack.ts";

const target = z.looseObject({ expr: z.string(), datasource: z.looseObject({ uid: z.string() }) });
/** Of Grafana's JSON what is asked of Prometheus. */
const dashboard = z.looseObject({
  uid: z.string(),
  annotations: z.looseObject({ list: z.array(target) }),
  panels: z.array(z.looseObject({ title: z.string(), targets: z.array(target).default([]) })),
});

export interface Query {
  readonly dashboard: string;
  readonly title: string;
  readonly promql: string;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const markerTitle = "marker";
const matrix = z.object({
  status: z.literal("success"),
  data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) }),
});
const answer = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

/** A stack's dashboards as a user gets them, with the stack's Prometheus to ask. */
export class Boards {
  readonly queries: readonly Query[];
  /** The moment that is asked about, in ms since 1970. @default now */
  at: number | undefined;
  readonly #outside: Outside;

  private constructor(queries: readonly Query[], outside: Outside) {
    this.queries = queries;
    this.#outside = outside;
  }

  /** Those that `npm run dashboards` writes. */
  static async of(stack: TestStack, outside: Outside): Promise<Boards> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-dashboards-"));
    try {
      const { code, output } = await stack.slipway("dashboards", "--out", folder);
      if (code !== 0) throw new Error(output);
      const lies = join(folder, dashboardsFolder);
      const files = (await readdir(lies)).filter((file) => file.endsWith(".json")).sort();
      const texts = await Promise.all(files.map((file) => readFile(join(lies, file), "utf8")));
      return new Boards(texts.flatMap(queriesIn), outside);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** What Prometheus answers to one query, Grafana's own window being so many seconds. Throws what it refuses. */
  async ask(promql: string, window = "30s"): Promise<readonly Series[]> {
    const query = new URLSearchParams({ query: promql.replaceAll("$__rate_interval", window) });
    if (this.at !== undefined) query.set("time", String(this.at / 1000));
    const body = await this.#post("query", query);
    return answer
      .parse(JSON.parse(body))
      .data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** A panel's series, all its queries'. */
  async panel(title: string, window?: string): Promise<readonly Series[]> {
    const own = this.queries.filter((query) => query.title === title);
    if (own.length === 0) throw new Error(`no panel is called ${title}`);
    return (await Promise.all(own.map(({ promql }) => this.ask(promql, window)))).flat();
  }

  /** The sum of a panel's series that have these labels. */
  async value(title: string, labels: Readonly<Record<string, string>> = {}, window?: string): Promise<number> {
    const found = (await this.panel(title, window)).filter((series) =>
      Object.entries(labels).every(([name, value]) => series.labels[name] === value),
    );
    if (found.length === 0) throw new Error(`${title} shows nothing with ${JSON.stringify(labels)}`);
    return found.reduce((sum, { value }) => sum + value, 0);
  }

  /** When the marker was there, in the time since; seconds since 1970, one for each step of five seconds. */
  async marked(since: number): Promise<readonly number[]> {
    const marker = this.queries.find(({ title }) => title === markerTitle);
    const range = new URLSearchParams({
      query: marker?.promql ?? "",
      start: String(since / 1000),
      end: String(Date.now() / 1000),
      step: "5",
    });
    const body = await this.#post("query_range", range);
    return matrix.parse(JSON.parse(body)).data.result.flatMap(({ values }) => values.map(([at]) => at));
  }

  #post(what: string, query: URLSearchParams): Promise<string> {
    const url = `http://127.0.0.1:9090/api/v1/${what}`;
    return this.#outside.exec("prometheus", "wget", "-q", "-O", "-", "--post-data", query.toString(), url);
  }

  /** Panels and markers with a query that Prometheus refuses, and panels that show nothing. */
  async judge(): Promise<{ readonly refused: readonly string[]; readonly empty: readonly string[] }> {
    const refused: string[] = [];
    const empty: string[] = [];
    for (const { dashboard: board, title, promql } of this.queries) {
      try {
        if ((await this.ask(promql)).length === 0) empty.push(title);
      } catch (error) {
        refused.push(`${board}, ${title}: ${promql}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { refused, empty: [...new Set(empty)] };
  }
}

function queriesIn(text: string): readonly Query[] {
  const { uid, annotations, panels } = dashboard.parse(JSON.parse(text));
  return [
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ dashboard: uid, title, promql: expr }))),
    ...annotations.list.map(({ expr }) => ({ dashboard: uid, title: markerTitle, promql: expr })),
  ];
}

/** Of two numbers that were counted in different ways, while things go on. @param part of the counted one that it may be off */
export function expectNear(shown: number, counted: number, part = 0.15): void {
  expect(counted, "what is compared with is something").toBeGreaterThan(0);
  expect(Math.abs(shown - counted) / counted, `${shown} is shown, ${counted} were counted`).toBeLessThan(part);
}

/** So many seconds of work done at a steady pace, two a second; how often it was done. @param work throws when it did not succeed */
export async function steadily(seconds: number, work: (turn: number) => Promise<void>): Promise<number> {
  const began = Date.now();
  const turns = seconds * 2;
  for (let turn = 0; turn < turns; turn += 1) {
    await work(turn);
    await pause(Math.max(0, began + (turn + 1) * 500 - Date.now()));
  }
  return turns / ((Date.now() - began) / 1000);
}

/** Memory of a container's largest process, as the kernel counts it. */
export async function residentBytes(container: string): Promise<number> {
  const { output } = await runner.exec(container, { argv: ["sh", "-c", "cat /proc/[0-9]*/status"] });
  const found = [...output.matchAll(/VmRSS:\s+(\d+) kB/g)].map(([, kilobytes]) => Number(kilobytes) * 1024);
  return Math.max(...found);
}
