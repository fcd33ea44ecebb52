import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type Docker from "dockerode";
import { ensureBaseImage } from "../../../infra/images/base-image.ts";
import { resolveApplication, resolvePart } from "../../../infra/images/resolve.ts";
import { OpenAIDouble } from "../../doubles/openai.ts";
import { engine, eventually, runner } from "./host.ts";
import { checkout } from "./run.ts";

/** A variable that is taken away. */
export type Changes = Readonly<Record<string, string | null>>;

export const triaSecretKey = "0123456789abcdef".repeat(2);

/** Tria's own containers with PostgreSQL, Redis and the double of OpenAI on one network, without Pulumi. */
export class TriaParts {
  readonly #name = `tria-test-${randomBytes(3).toString("hex")}`;
  readonly #passwords = { owner: randomBytes(16).toString("hex"), app: randomBytes(16).toString("hex") };
  readonly #containers: Docker.Container[] = [];
  #network: Docker.Network | undefined;
  #double: OpenAIDouble | undefined;
  postgres = "";

  get double(): OpenAIDouble {
    if (this.#double === undefined) throw new Error("not started");
    return this.#double;
  }

  async start(): Promise<void> {
    await ensureBaseImage(engine);
    const [postgres, redis] = await Promise.all([
      resolvePart(engine, "postgres", "debian"),
      resolvePart(engine, "redis", "debian"),
    ]);
    this.#network = await engine.createNetwork({ Name: this.#name });
    const { IPAM } = await this.#network.inspect();
    this.#double = await OpenAIDouble.start(IPAM?.Config?.[0]?.Gateway ?? "no gateway");
    const database = [`POSTGRES_PASSWORD=${this.#passwords.owner}`, "POSTGRES_DB=tria_aibpo"];
    this.postgres = (await this.#run(postgres.id, "postgres", database, undefined, ["/var/lib/postgresql/data"])).id;
    await this.#run(redis.id, "redis", [], ["redis-server", "--requirepass", this.#passwords.app]);
    const roles =
      `CREATE ROLE tria_app LOGIN PASSWORD '${this.#passwords.app}'; ` +
      "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tria_app; " +
      "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO tria_app";
    await eventually("the database takes its roles", async () => {
      await this.sql(roles);
      return true;
    });
  }

  /** The image of a build. */
  async image(args: Readonly<Record<string, string>> = {}): Promise<string> {
    const build = { context: resolve(checkout, "test/workloads/tria"), dockerfile: "Dockerfile", args };
    return (await resolveApplication(engine, "tria", { build }, "debian")).id;
  }

  /** A container as a stack makes it: read-only root, no capability; `owner`: with the address of the role that migrates. */
  async app(
    image: string,
    changes: Changes = {},
    command?: readonly string[],
    owner = false,
  ): Promise<Docker.Container> {
    const { app, owner: ownerPassword } = this.#passwords;
    const role = owner ? `postgres:${ownerPassword}` : `tria_app:${app}`;
    const env: Record<string, string | null> = {
      POSTGRES_USER: "tria_app",
      POSTGRES_PASSWORD: app,
      POSTGRES_DB: "tria_aibpo",
      DATABASE_URL: `postgresql://${role}@postgres:5432/tria_aibpo`,
      REDIS_HOST: "redis",
      REDIS_PORT: "6379",
      REDIS_PASSWORD: app,
      REDIS_DB: "0",
      OPENAI_API_KEY: this.double.key,
      OPENAI_BASE_URL: this.double.url,
      SECRET_KEY: triaSecretKey,
      ENVIRONMENT: "production",
      ...changes,
    };
    const given = Object.entries(env).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
    return this.#run(image, undefined, given, command, [], true);
  }

  /** `tria-migrate` as the owner; throws its words when it fails. */
  async migrate(image: string, ...argv: readonly string[]): Promise<string> {
    const container = await this.app(image, {}, ["tria-migrate", ...argv], true);
    const { StatusCode } = await container.wait();
    const said = await logOf(container);
    if (StatusCode !== 0) throw new Error(said);
    return said.trim();
  }

  async sql(statement: string): Promise<string> {
    const argv = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "tria_aibpo", "-c", statement];
    const finished = await runner.exec(this.postgres, { argv, env: { PGPASSWORD: this.#passwords.owner } });
    if (finished.exitCode !== 0) throw new Error(finished.output);
    return finished.output.trim();
  }

  async address(container: Docker.Container): Promise<string> {
    const { NetworkSettings } = await container.inspect();
    return `http://${NetworkSettings.Networks[this.#name]?.IPAddress}:8003`;
  }

  async ready(container: Docker.Container): Promise<string> {
    const address = await this.address(container);
    await eventually("the application is ready", async () => {
      const { State } = await container.inspect();
      if (!State.Running) throw new Error(await logOf(container));
      return (await fetch(`${address}/api/v1/health/readiness`)).status === 200 ? true : undefined;
    });
    return address;
  }

  /** Leaves nothing, whatever happened before. */
  async remove(): Promise<void> {
    for (const container of this.#containers) await container.remove({ force: true, v: true });
    await this.#network?.remove();
    await this.#double?.stop();
  }

  async #run(
    image: string,
    alias: string | undefined,
    env: readonly string[],
    command: readonly string[] | undefined,
    tmpfs: readonly string[] = [],
    hardened = false,
  ): Promise<Docker.Container> {
    const container = await engine.createContainer({
      Image: image,
      Env: [...env],
      ...(command && { Cmd: [...command] }),
      Labels: { "slipway.test": this.#name },
      HostConfig: {
        NetworkMode: this.#name,
        Tmpfs: Object.fromEntries(["/tmp", ...tmpfs].map((path) => [path, ""])),
        ...(hardened && { ReadonlyRootfs: true, CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"] }),
      },
      NetworkingConfig: {
        EndpointsConfig: { [this.#name]: alias === undefined ? {} : { Aliases: [alias] } },
      },
    });
    this.#containers.push(container);
    await container.start();
    return container;
  }
}

/** Both streams, in the order the engine has them. */
export async function logOf(container: Docker.Container): Promise<string> {
  const raw = await container.logs({ stdout: true, stderr: true });
  // Each piece begins with eight bytes: its stream, three zeros, its length.
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(at + 4);
    pieces.push(raw.subarray(at + 8, at + 8 + length).toString());
    at += 8 + length;
  }
  return pieces.join("");
}
