import { randomBytes } from "node:crypto";
import { z } from "zod";
import { label } from "../../../components/container/spec.ts";
import { OpenAIDouble } from "../../doubles/openai.ts";
import { bridgeAddress, engine, type Outside, type Reply, runner } from "./host.ts";
import type { Product } from "./product.ts";
import { TestStack } from "./stack.ts";

/** A DOUBLE of OpenAI on the host. */
export async function openaiDouble(): Promise<OpenAIDouble> {
  return OpenAIDouble.start(await bridgeAddress());
}

/** A stack of Tria that was not started yet, with the double's address and key. @param state another stack's, for one beside it */
export async function triaStack(double: OpenAIDouble, state?: string): Promise<TestStack> {
  const stack = await TestStack.make(state);
  await stack.set(["slipway:system"], "tria");
  await stack.set(["slipway:image", "build", "context"], "test/workloads/tria");
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 60, drainSeconds: 5 });
  await stack.set(["slipway:app", "openaiBaseUrl"], double.url);
  const made = await stack.pulumi("stack", "init", "--no-select");
  if (made.code !== 0) throw new Error(made.output);
  await stack.setSecret("slipway:app.openaiApiKey", double.key);
  return stack;
}

/** As the superuser inside the stack's PostgreSQL. */
export function triaSql(outside: Outside, statement: string): Promise<string> {
  const argv = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "tria_aibpo", "-c", statement];
  return outside.exec("postgres", ...argv);
}

export function chat(outside: Outside, key: string, message: string, user = "test"): Promise<Reply> {
  const headers = { "idempotency-key": key };
  return outside.https("POST", "/api/chatbot", { headers, body: { message, user_id: user } });
}

const answer = z.union([
  z.strictObject({ version: z.string() }),
  z.looseObject({ version: z.string(), intent: z.literal("order"), order: z.looseObject({ total: z.string() }) }),
]);

/** test/workloads/tria: every answer names its version, each write is an order by the chatbot. */
export function triaProduct(outside: Outside): Product {
  const user = `t${randomBytes(4).toString("hex")}`;
  return {
    ask(place) {
      if (place % 2 === 0) return { method: "GET", path: "/version", headers: {}, status: 200 };
      const key = `${user}-${place}`;
      const body = JSON.stringify({ message: "order 1 x BOX-12", user_id: user });
      return { method: "POST", path: "/api/chatbot", body, headers: { "idempotency-key": key }, status: 200, key };
    },
    version: (_, body) => answer.parse(JSON.parse(body)).version,
    rows: async () => {
      const keys = await triaSql(outside, `SELECT key FROM idempotency_keys WHERE user_id = '${user}'`);
      const orders = await triaSql(
        outside,
        `SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.user_id = '${user}'`,
      );
      const found = keys.split("\n").filter((line) => line !== "");
      if (Number(orders) !== found.length) throw new Error(`${found.length} keys, but ${orders} orders`);
      return found;
    },
  };
}

/** What a container said and when it last began. */
export interface Replica {
  readonly id: string;
  readonly startedAt: string;
  readonly restarts: number;
}

export async function backends(outside: Outside): Promise<readonly Replica[]> {
  const found = await outside.running("backend");
  const workloads = found.filter(({ Labels }) => Labels[label.role] === "workload");
  const inspected = await Promise.all(workloads.map(({ Id }) => engine.getContainer(Id).inspect()));
  return inspected
    .map(({ Id, State, RestartCount }) => ({ id: Id, startedAt: State.StartedAt, restarts: RestartCount }))
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** An answer of the application itself, inside one of its containers: status and body. */
export async function inside(id: string, path: string): Promise<{ readonly status: number; readonly body: string }> {
  const script =
    "import http.client, sys\n" +
    "c = http.client.HTTPConnection('127.0.0.1', 8003, timeout=8)\n" +
    "c.request('GET', sys.argv[1])\n" +
    "a = c.getresponse()\n" +
    "print(a.status)\n" +
    "print(a.read().decode())\n";
  const finished = await runner.exec(id, { argv: ["python", "-c", script, path] });
  const [status = "", ...body] = finished.output.split("\n");
  return { status: Number(status), body: body.join("\n") };
}

/** The stack's containers of that part are stopped while something is done, and run again afterwards. */
export async function without<T>(outside: Outside, part: string, work: () => Promise<T>): Promise<T> {
  const found = await outside.running(part);
  if (found.length === 0) throw new Error(`no container of part ${part} runs`);
  for (const { Id } of found) await engine.getContainer(Id).stop({ t: 10 });
  try {
    return await work();
  } finally {
    for (const { Id } of found) await engine.getContainer(Id).start();
  }
}
