import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ownerProblem } from "../../components/rollout/owner.ts";

/** The address of the Pulumi state that this program runs for: the variable, else what `pulumi login` left; never with its password. */
export function stateAddress(): string {
  const address = process.env["PULUMI_BACKEND_URL"] ?? loggedIn();
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}

function loggedIn(): string {
  const file = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "credentials.json");
  if (!existsSync(file)) return "";
  const known: unknown = JSON.parse(readFileSync(file, "utf8"));
  return known !== null && typeof known === "object" && "current" in known && typeof known.current === "string"
    ? known.current
    : "";
}

/** Refuses to touch a stack that another state made on the same Docker host. */
export function assertOwnStack(recorded: string | undefined, own: string, takeOver: string | undefined): void {
  if (recorded === takeOver) return;
  const problem = ownerProblem(recorded, own, pulumi.getStack());
  if (problem !== undefined) throw new pulumi.RunError(problem);
}
