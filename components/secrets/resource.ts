import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { derivedSecret, type SecretSource } from "../app/spec.ts";
import type { DatabaseSecrets } from "../database/spec.ts";

export interface SecretWish {
  readonly source: SecretSource;
  /** From the stack's config; none is generated then. */
  readonly given?: { readonly secret: string };
}

/** Which generation of a generated secret is wanted, by the system's name for it, `redis` or `postgres`. @default the first, 0 */
export type Rotations = Readonly<Record<string, number>>;

export interface SecretWishes {
  readonly secrets: Readonly<Record<string, SecretWish>>;
  readonly redis: { readonly password?: { readonly secret: string } };
  readonly database: DatabaseWishes;
}

type DatabaseWishes =
  | { readonly kind: "sqlite" }
  | {
      readonly kind: "postgres";
      readonly ownerPassword?: { readonly secret: string } | undefined;
      readonly appPassword?: { readonly secret: string } | undefined;
    };

/** Of the roles in PostgreSQL. */
export interface DatabasePasswords {
  readonly owner: pulumi.Output<string>;
  readonly app: pulumi.Output<string>;
}

/** The system's secrets: from config, or generated once and kept (protected) so that data which depend on them stay readable. */
export class Secrets extends pulumi.ComponentResource {
  readonly values: pulumi.Output<Readonly<Record<string, string>>>;
  /** Of the app's user. */
  readonly redisPassword: pulumi.Output<string>;
  readonly redisOperatorPassword: pulumi.Output<string>;
  /** Undefined for a system that keeps its rows in a file. */
  readonly database: DatabasePasswords | undefined;
  /** What steps that work on the rows need. */
  readonly databaseSecrets: pulumi.Output<DatabaseSecrets>;

  readonly #rotate: Rotations;

  constructor(name: string, wishes: SecretWishes, rotate: Rotations, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:Secrets", name, {}, opts);
    this.#rotate = rotate;
    const own: Record<string, pulumi.Output<string>> = {};
    for (const [key, { source, given }] of Object.entries(wishes.secrets)) {
      if (source.kind !== "hmac-sha256") own[key] = this.chosen(kebab(key), key, source, given);
    }
    for (const [key, { source }] of Object.entries(wishes.secrets)) {
      if (source.kind !== "hmac-sha256") continue;
      const base = own[source.key];
      if (base === undefined)
        throw new Error(`secret ${key} follows from ${source.key}, which the system does not have`);
      own[key] = base.apply((known) => derivedSecret(source, known));
    }
    this.values = pulumi.secret(pulumi.all(own));
    this.redisPassword = this.chosen("redis-password", "redis", password, wishes.redis.password);
    // For people and health checks: it is on no wire but the server's own loopback.
    this.redisOperatorPassword = this.generated("redis-operator-password", password);
    this.database = this.databasePasswords(wishes.database);
    this.databaseSecrets = pulumi.secret(
      pulumi
        .output(this.database?.owner)
        .apply((owner): DatabaseSecrets => (owner === undefined ? {} : { PGPASSWORD: owner })),
    );
    this.registerOutputs({});
  }

  private databasePasswords(wishes: DatabaseWishes): DatabasePasswords | undefined {
    if (wishes.kind === "sqlite") return undefined;
    return {
      owner: this.chosen("postgres-owner-password", "postgresOwner", password, wishes.ownerPassword),
      app: this.chosen("postgres-app-password", "postgres", password, wishes.appPassword),
    };
  }

  /**
   * The user's own, else the generated one. That one is made in either case: it is protected, so a stack that begins to name its own
   * secret could not be updated if that meant deleting it, and going back finds the old value.
   */
  private chosen(
    name: string,
    key: string,
    source: Direct,
    given: SecretWish["given"] | undefined,
  ): pulumi.Output<string> {
    const generated = source.kind === "given" ? undefined : this.rotated(name, key, source);
    if (given !== undefined) return pulumi.secret(given.secret);
    if (generated === undefined) throw new Error(`secret ${name} must be given in the stack's config`);
    return generated;
  }

  /** Every generation stays, because each is protected: what an older one opens, a kept release or a backup, can be opened still. */
  private rotated(name: string, key: string, source: Generated): pulumi.Output<string> {
    let latest = this.generated(name, source);
    for (let generation = 1; generation <= (this.#rotate[key] ?? 0); generation += 1)
      latest = this.generated(`${name}-${generation}`, source);
    return latest;
  }

  /** RandomPassword for hex too: RandomId's id, which no state encrypts, is the secret itself. */
  private generated(name: string, source: Generated): pulumi.Output<string> {
    const alphabet =
      source.kind === "hex"
        ? { lower: false, upper: false, numeric: true, special: true, overrideSpecial: "abcdef" }
        : { special: false };
    return new random.RandomPassword(name, { length: source.length, ...alphabet }, { parent: this, protect: true })
      .result;
  }
}

const password = { kind: "password", length: 32 } as const;

type Direct = Exclude<SecretSource, { kind: "hmac-sha256" }>;
type Generated = Exclude<Direct, { kind: "given" }>;

function kebab(name: string): string {
  return name
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replaceAll("_", "-")
    .toLowerCase();
}
