import type Docker from "dockerode";
import { postgresUrl, trustMount } from "../../../components/postgres/spec.ts";
import { engine, eventually, runner } from "./host.ts";
import { TestPostgres } from "./postgres.ts";
import { run } from "./run.ts";

/** The reference application by its own containers beside a PostgreSQL as a stack has it, without Pulumi. */
export class AidisBench {
  readonly postgres = new TestPostgres();
  readonly image = `aidis-test:${this.postgres.place.stack}`;
  readonly #started: string[] = [];
  readonly #built: string[] = [];

  async start(): Promise<void> {
    await this.build(this.image);
    await this.postgres.start();
    await this.postgres.roles();
  }

  /** With the newest schema and a server that has every variable as the guide has it; its id. */
  async startServing(): Promise<string> {
    await this.start();
    const migrated = await this.migrate("0002_context_source");
    if (migrated.code !== 0) throw new Error(migrated.output);
    return (await this.server()).id;
  }

  async build(tag: string, ...args: readonly string[]): Promise<void> {
    const all = ["BASE_IMAGE=slipway/debian:trixie", ...args].flatMap((each) => ["--build-arg", each]);
    const built = await run("docker", ["build", "-q", ...all, "-t", tag, "test/workloads/aidis"]);
    if (built.code !== 0) throw new Error(built.output);
    this.#built.push(tag);
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

  /** A server with these variables for the time of the work. */
  async with<T>(env: Readonly<Record<string, string>>, work: (id: string) => Promise<T>): Promise<T> {
    const container = await this.server(env);
    try {
      return await work(container.id);
    } finally {
      await this.stop(container);
    }
  }

  sql(statement: string): Promise<string> {
    return this.postgres.root(statement, "orders");
  }

  /** Leaves nothing, whatever happened before. */
  async remove(): Promise<void> {
    for (const id of this.#started) await runner.remove(id);
    await this.postgres.remove();
    // Not before: an image that a container of ours still has cannot go.
    await run("docker", ["rmi", ...this.#built]);
  }
}

export async function logsOf(container: Docker.Container): Promise<string> {
  return runner.logs(container.id, 1000);
}
