import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { PostgresRolesInputs, PostgresRolesOutputs } from "./roles.step.ts";

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
