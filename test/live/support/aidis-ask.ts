import { randomBytes } from "node:crypto";
import { z } from "zod";
import { runner } from "./host.ts";

export interface Request {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly origin?: string | undefined;
}

export const reply = z.object({
  version: z.string(),
  ok: z.boolean(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ type: z.string(), message: z.string() }).optional(),
});
export type Reply = z.infer<typeof reply>;

/** Sends lines one after the other on one connection, prints each answer. Runs in the application's own image. */
const asker = `
const [host, ...lines] = process.argv.slice(1);
const socket = require("node:net").connect(3001, host);
let rest = "", next = 0;
const send = () => next < lines.length ? socket.write(lines[next++] + "\\n") : socket.end();
socket.setEncoding("utf8").on("connect", send).on("error", (e) => { console.error(e.message); process.exit(1); });
socket.on("data", (text) => {
  const whole = (rest + text).split("\\n");
  rest = whole.pop();
  for (const line of whole) { console.log(line); if (!("event" in JSON.parse(line))) send(); }
});`;

/** Answers of the server in a container, as its neighbour on localhost or by its name on the network. */
export async function ask(container: string, requests: readonly Request[], host = "127.0.0.1"): Promise<Reply[]> {
  const argv = ["node", "-e", asker, host, ...requests.map((one) => JSON.stringify(one))];
  const { exitCode, output } = await runner.exec(container, { argv });
  if (exitCode !== 0) throw new Error(output);
  return output
    .trim()
    .split("\n")
    .map((line) => reply.parse(JSON.parse(line)));
}

export async function one(id: string, method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
  const [first] = await ask(id, [{ method, params }]);
  if (first === undefined) throw new Error(`no answer to ${method}`);
  return first;
}

export async function must<T>(
  id: string,
  method: string,
  params: Record<string, unknown>,
  shape: z.ZodType<T>,
): Promise<T> {
  const answer = await one(id, method, params);
  if (!answer.ok) throw new Error(`${method}: ${answer.error?.message}`);
  return shape.parse(answer.result);
}

/** What session_start answers. */
export const started = z.object({ token: z.string(), session: z.object({ id: z.string(), project_id: z.string() }) });

/** A page of port 9090: status, CORS header, text. */
export async function page(id: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const script = `fetch("http://127.0.0.1:9090${path}", { headers: ${JSON.stringify(headers)} }).then(async (r) => console.log(r.status, r.headers.get("access-control-allow-origin"), await r.text()))`;
  const { exitCode, output } = await runner.exec(id, { argv: ["node", "-e", script] });
  if (exitCode !== 0) throw new Error(output);
  return output;
}

export const metrics = (id: string) => page(id, "/metrics");

export const newUser = () => `t${randomBytes(4).toString("hex")}`;
