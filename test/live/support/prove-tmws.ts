import { expect } from "vitest";
import { z } from "zod";
import { eventually, type Outside, runner } from "./host.ts";

/** The forms of a check; test/workloads/tmws/README.md says what each key means. */
export const check = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    method: z.string(),
    path: z.string(),
    auth: z.boolean(),
    body: z.unknown().optional(),
    status: z.number(),
    json: z.record(z.string(), z.unknown()).optional(),
    jsonMatches: z.record(z.string(), z.string()).optional(),
    responseHeaders: z.record(z.string(), z.string()).optional(),
    save: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal("exec"),
    command: z.array(z.string()),
    contains: z.array(z.string()).optional(),
    fails: z.boolean().optional(),
    save: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("sql"), sql: z.string(), expect: z.string() }),
  z.strictObject({ kind: z.literal("promql"), query: z.string(), series: z.number() }),
]);
type Check = z.infer<typeof check>;
type Of<K extends Check["kind"]> = Extract<Check, { kind: K }>;

/** Proves the entries of a TMWS's checklist, in their order. */
export class Checklist {
  readonly #outside: Outside;
  readonly #token: string;
  /** Values that one check leaves for a later one. */
  readonly #saved = new Map<string, string>();

  constructor(outside: Outside, token: string) {
    this.#outside = outside;
    this.#token = token;
  }

  async prove(wanted: Check): Promise<void> {
    switch (wanted.kind) {
      case "http":
        return this.#http(wanted);
      case "exec":
        return this.#exec(wanted);
      case "sql":
        return expect(await this.#outside.sql(this.#filled(wanted.sql))).toBe(wanted.expect);
      case "promql":
        return this.#promql(wanted);
    }
  }

  /** `${NAME}` stands for a saved value. */
  #filled(text: string): string {
    return text.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => this.#saved.get(name) ?? `no value ${name}`);
  }

  async #http(wanted: Of<"http">): Promise<void> {
    const body: unknown = wanted.body === undefined ? undefined : JSON.parse(this.#filled(JSON.stringify(wanted.body)));
    const options = { body, ...(wanted.auth && { token: this.#token }) };
    const reply = await this.#outside.https(wanted.method, this.#filled(wanted.path), options);
    expect(reply.status, reply.body).toBe(wanted.status);
    const json: unknown = reply.body === "" ? {} : JSON.parse(reply.body);
    if (wanted.json !== undefined) expect(json).toMatchObject(wanted.json);
    expect(reply.headers).toMatchObject(wanted.responseHeaders ?? {});
    const fields = z.record(z.string(), z.unknown());
    for (const [key, pattern] of Object.entries(wanted.jsonMatches ?? {})) {
      expect(String(fields.parse(json)[key])).toMatch(new RegExp(pattern));
    }
    for (const [name, key] of Object.entries(wanted.save ?? {})) this.#saved.set(name, String(fields.parse(json)[key]));
  }

  async #exec(wanted: Of<"exec">): Promise<void> {
    const { Id } = await this.#outside.inspect("app");
    const finished = await runner.exec(Id, { argv: wanted.command.map((word) => this.#filled(word)) });
    expect(finished.exitCode === 0, finished.output).toBe(wanted.fails !== true);
    for (const part of wanted.contains ?? []) expect(finished.output).toContain(this.#filled(part));
    if (wanted.save !== undefined) this.#saved.set(wanted.save, finished.output.trim());
  }

  async #promql(wanted: Of<"promql">): Promise<void> {
    await eventually(`${wanted.series} series`, async () =>
      (await this.#outside.query(wanted.query)).length === wanted.series ? true : undefined,
    );
  }
}
