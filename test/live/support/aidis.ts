import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { z } from "zod";
import { postgresUrl, trustMount } from "../../../components/postgres/spec.ts";
import { systemProjectId } from "../../../infra/systems/aidis.options.ts";
import { engine, eventually, runner } from "./host.ts";
import { TestPostgres } from "./postgres.ts";
import { run } from "./run.ts";

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

/** The reference application by its own containers beside a PostgreSQL as a stack has it, without Pulumi. */
export class AidisBench {
  readonly postgres = new TestPostgres();
  readonly image = `aidis-test:${this.postgres.place.stack}`;
  readonly #started: string[] = [];

  async start(): Promise<void> {
    await this.build(this.image);
    await this.postgres.start();
    await this.postgres.roles();
  }

  async build(tag: string, ...args: readonly string[]): Promise<void> {
    const all = ["BASE_IMAGE=slipway/debian:trixie", ...args].flatMap((each) => ["--build-arg", each]);
    const built = await run("docker", ["build", "-q", ...all, "-t", tag, "test/workloads/aidis"]);
    if (built.code !== 0) throw new Error(built.output);
  }

  url(role: "owner" | "app"): string {
    return postgresUrl(`orders_${role}`, this.postgres.passwords[role], "orders");
  }

  /** A container with the application's environment; `env` comes last. */
  async container(command: readonly string[], env: Readonly<Record<string, string>> = {}, image = this.image) {
    const variables = {
      DATABASE_URL: this.url("app"),
      DATABASE_SSL: "true",
      JWT_SECRET: "0123456789abcdef".repeat(4),
      ...env,
    };
    const trust = trustMount(this.postgres.place);
    const created = await engine.createContainer({
      Image: image,
      ...(command.length > 0 && { Cmd: [...command] }),
      Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      HostConfig: {
        NetworkMode: this.postgres.network,
        Binds: [`${trust.volume}:${trust.path}:ro`],
        ReadonlyRootfs: true,
        Tmpfs: { "/tmp": "" },
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
      },
    });
    this.#started.push(created.id);
    await created.start();
    return created;
  }

  /** Runs to its end. */
  async once(command: readonly string[], env: Readonly<Record<string, string>> = {}, image = this.image) {
    const container = await this.container(command, env, image);
    const { StatusCode } = await container.wait();
    return { code: StatusCode, output: await logsOf(container) };
  }

  migrate(revision: string, image = this.image) {
    const argv = ["npm", "run", "--silent", "migrate", "--", revision];
    return this.once(argv, { DATABASE_URL: this.url("owner") }, image);
  }

  /** A server that is healthy. */
  async server(env: Readonly<Record<string, string>> = {}, image = this.image): Promise<Docker.Container> {
    const container = await this.container([], env, image);
    await eventually("a healthy server", async () => {
      const { exitCode, output } = await runner.exec(container.id, { argv: ["aidis-health"] });
      if (exitCode !== 0) throw new Error(`${output}\n${await logsOf(container)}`);
      return true;
    });
    return container;
  }

  async stop(container: Docker.Container): Promise<void> {
    await container.remove({ force: true });
    this.#started.splice(this.#started.indexOf(container.id), 1);
  }

  sql(statement: string): Promise<string> {
    return this.postgres.root(statement, "orders");
  }

  /** Leaves nothing, whatever happened before. */
  async remove(): Promise<void> {
    for (const id of this.#started) await runner.remove(id);
    await this.postgres.remove();
    await run("docker", ["rmi", this.image]);
  }
}

export async function logsOf(container: Docker.Container): Promise<string> {
  return runner.logs(container.id, 1000);
}

export const newUser = () => `t${randomBytes(4).toString("hex")}`;
export { systemProjectId };
