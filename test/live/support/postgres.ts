import { randomBytes } from "node:crypto";
import authorityStep from "../../../components/certificate/authority.step.ts";
import certificateStep from "../../../components/certificate/certificate.step.ts";
import type { Issued } from "../../../components/certificate/issue.ts";
import { caFile, trustVolume } from "../../../components/certificate/spec.ts";
import { labelsFor, resourceName } from "../../../components/container/spec.ts";
import { directory, file } from "../../../components/files/spec.ts";
import filesStep from "../../../components/files/step.ts";
import { ownerEnv } from "../../../components/postgres/dump.ts";
import { reconcileRoles } from "../../../components/postgres/roles.step.ts";
import { rolesSql } from "../../../components/postgres/roles.ts";
import {
  acceptsApp,
  type PostgresSpec,
  postgresContainer,
  postgresFiles,
  postgresNames,
  postgresSecretFiles,
  trustMount,
} from "../../../components/postgres/spec.ts";
import type { Finished } from "../../../components/steps/runner.ts";
import { type Session, withSession } from "../../../components/steps/session.ts";
import { engine, eventually, runner } from "./host.ts";
import { run } from "./run.ts";

const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";

/** One PostgreSQL as a stack has it, without Pulumi: image, volumes, network, container and session of its own. */
export class TestPostgres {
  readonly place = { stack: `t${randomBytes(3).toString("hex")}`, system: "orders" };
  readonly image = `slipway/postgres:${this.place.stack}`;
  readonly network = resourceName(this.place, "private");
  readonly backups = resourceName(this.place, "backups");
  readonly spec: PostgresSpec;
  readonly passwords = { owner: randomBytes(16).toString("hex"), app: randomBytes(16).toString("hex") };
  id = "";
  authority: Issued | undefined;
  certificate: Issued | undefined;

  constructor(more: Pick<PostgresSpec, "archive"> = {}) {
    this.spec = {
      image: this.image,
      network: this.network,
      limits: { cpus: 1, memoryMb: 512, pids: 256 },
      tier: "small",
      connections: 32,
      database: "orders",
      ...more,
    };
  }

  async start(): Promise<void> {
    const built = await run("docker", [
      "build",
      "-q",
      "--build-arg",
      "BASE_IMAGE=slipway/debian:trixie",
      "-t",
      this.image,
      "images/postgres",
    ]);
    if (built.code !== 0) throw new Error(built.output);
    await engine.createNetwork({ Name: this.network, Internal: true });
    this.authority = await authorityStep.reconcile({ subject: this.place.stack });
    await this.write([...postgresFiles(this.spec)]);
    await this.renew();
    await this.write([file(caFile, this.authority.certificate, { uid: 0, gid: 0 })], trustVolume);
    await this.write([directory("sets", { uid: 1000, gid: 1000 })], "backups");
    this.id = await runner.create(postgresContainer(this.place, this.spec));
    await runner.start(this.id);
  }

  /** By network: the server of initdb, which ends again, answers on the socket alone. */
  async answers(): Promise<void> {
    const argv = ["pg_isready", "-q", "-h", "127.0.0.1"];
    await eventually("PostgreSQL answers", async () =>
      (await runner.exec(this.id, { argv })).exitCode === 0 ? true : undefined,
    );
  }

  async write(entries: ReturnType<typeof postgresFiles>, part = "postgres-config"): Promise<void> {
    const volume = resourceName(this.place, part);
    await filesStep.reconcile({ host, place: this.place, image: this.image, volume, entries });
  }

  /** A new certificate of the server's, and what lies beside it; read when the roles step runs. */
  async renew(): Promise<void> {
    const { certificate: ca, key: caKey } = this.authority ?? { certificate: "", key: "" };
    this.certificate = await certificateStep.reconcile({ names: postgresNames, days: 397, ca, caKey });
    await this.write(this.secretFiles());
  }

  secretFiles(appPassword = this.passwords.app): ReturnType<typeof postgresSecretFiles> {
    const { certificate, key } = this.certificate ?? { certificate: "", key: "" };
    return postgresSecretFiles(this.spec, appPassword, { certificate, key, ca: this.authority?.certificate ?? "" });
  }

  roles(): ReturnType<typeof reconcileRoles> {
    return reconcileRoles(runner, {
      host,
      place: this.place,
      container: this.id,
      sql: rolesSql(this.spec.database),
      accepts: acceptsApp(this.spec.database),
      certificate: this.certificate?.fingerprint ?? "",
      ownerPassword: this.passwords.owner,
      appPassword: this.passwords.app,
    });
  }

  /** As the superuser, by the socket; the answer's lines. */
  async root(statement: string, database = "postgres"): Promise<string> {
    const argv = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", statement];
    const finished = await runner.exec(this.id, { argv });
    if (finished.exitCode !== 0) throw new Error(finished.output);
    return finished.output.trim();
  }

  /** A container of any uid on the private network, with the backups' volume. */
  session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { owner } = this.passwords;
    const request = {
      image: this.image,
      user: "1000:1000",
      env: ownerEnv(this.spec.database, owner),
      mounts: [{ volume: this.backups, path: "/backup" }, trustMount(this.place)],
      network: [{ name: this.network, aliases: [] }],
      memoryMb: 256,
    };
    return withSession(runner, this.place, "session", request, work);
  }

  /** A statement by network, as a role and with its password. */
  async as(session: Session, role: "owner" | "app", statement: string, database = "orders"): Promise<Finished> {
    const env = { PGUSER: `orders_${role}`, PGPASSWORD: this.passwords[role] };
    const argv = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement];
    const finished = await runner.exec(session.id, { argv, env });
    return { ...finished, output: finished.output.trim() };
  }

  /** Leaves nothing, whatever happened before. */
  async remove(): Promise<void> {
    for (const each of await runner.list({ "slipway.stack": this.place.stack })) await runner.remove(each.id);
    const ours = (await engine.listVolumes()).Volumes.filter((each) =>
      each.Name.startsWith(resourceName(this.place, "")),
    );
    for (const { Name } of ours) await engine.getVolume(Name).remove();
    for (const each of await engine.listNetworks({ filters: { name: [this.network] } })) {
      await engine.getNetwork(each.Id).remove();
    }
    await run("docker", ["rmi", this.image]);
  }
}

/** Whoever shares a stack's label with the sessions of a test. */
export const sessionLabels = (postgres: TestPostgres) => labelsFor(postgres.place, "session", "session");
