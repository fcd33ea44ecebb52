import * as pulumi from "@pulumi/pulumi";
import type { Place } from "../container/spec.ts";
import { StepResource } from "../steps/resource.ts";
import type { PostgresRolesInputs, PostgresRolesOutputs } from "./roles.step.ts";
import { retireSql } from "./roles.ts";
import type { ServerInputs } from "./server.ts";
import { postgresUrl } from "./spec.ts";

/** The roles, databases and rights in the server, see roles.step.ts. */
export class PostgresRoles extends StepResource {
  declare readonly ready: pulumi.Output<PostgresRolesOutputs["ready"]>;
  declare readonly version: pulumi.Output<PostgresRolesOutputs["version"]>;

  constructor(
    name: string,
    args: { [K in keyof PostgresRolesInputs]: pulumi.Input<PostgresRolesInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      { module: "postgres/roles.step.ts", type: "PostgresRoles" },
      name,
      {
        ...args,
        ready: undefined,
        version: undefined,
      },
      ["ownerPassword", "appPassword"],
      opts,
    );
  }
}

/** By which a role comes in, with its password: a secret. */
export function roleUrl(role: string, password: pulumi.Input<string>, database: string): pulumi.Output<string> {
  return pulumi.secret(pulumi.output(password).apply((known) => postgresUrl(role, known, database)));
}

/** Where the superuser's commands go, as a resource knows it. */
type Server = { readonly [K in keyof ServerInputs]: pulumi.Input<ServerInputs[K]> } & { readonly place: Place };

/** After the release's proof: the login with the password from before is none any more. Nothing before the first change of it. */
export function retireLogin(
  server: Server,
  { database, generation = 0 }: { readonly database: string; readonly generation?: number },
  opts: pulumi.CustomResourceOptions,
): void {
  if (generation === 0) return;
  const step = { module: "postgres/retire.step.ts", type: "RetiredLogin" };
  const inputs = { ...server, sql: retireSql(database, generation) };
  new StepResource(step, "postgres-login-retired", inputs, [], opts);
}
