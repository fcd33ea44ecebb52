import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { ECS } from "@aws-sdk/client-ecs";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { type FargateAddress, parseFargateAddress } from "../fargate/address.ts";

/** Where tasks run, and AWS' own clients by the credentials of whoever runs the step. */
export interface Fargate {
  readonly at: FargateAddress;
  readonly ecs: ECS;
  readonly logs: CloudWatchLogs;
  readonly secrets: SecretsManager;
  /** Between two looks. */
  readonly pauseMs: number;
}

/**
 * Clients for the cluster that a step's `host` names, with the credentials of whoever runs the step.
 * @param pauseMs between two looks, default 2000
 */
export function fargateOf(host: string, pauseMs = 2000): Fargate {
  const at = parseFargateAddress(host);
  const { region } = at;
  return {
    at,
    ecs: new ECS({ region }),
    logs: new CloudWatchLogs({ region }),
    secrets: new SecretsManager({ region }),
    pauseMs,
  };
}

/** Every line of a container of a task, oldest first; none while it has printed none. */
export async function linesOf({ logs, at }: Fargate, logStreamName: string): Promise<readonly string[]> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  for (;;) {
    const page = await logs
      .getLogEvents({
        logGroupName: at.logs,
        logStreamName,
        startFromHead: true,
        ...(nextToken !== undefined && { nextToken }),
      })
      .catch(unlessMissing);
    lines.push(...(page?.events ?? []).map(({ message = "" }) => message));
    // The same token again is the end.
    if (page?.nextForwardToken === undefined || page.nextForwardToken === nextToken) return lines;
    nextToken = page.nextForwardToken;
  }
}

/** The last part of an ARN. */
export function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** Messages of a log group since a moment, oldest first. None while there is no such group. @param stream of it this one alone. Default: all */
export async function eventsOf(
  { logs }: Fargate,
  logGroupName: string,
  since: number,
  stream?: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  const asked = { logGroupName, startTime: since, ...(stream !== undefined && { logStreamNames: [stream] }) };
  let nextToken: string | undefined;
  do {
    const page = await logs
      .filterLogEvents({ ...asked, ...(nextToken !== undefined && { nextToken }) })
      .catch(unlessMissing);
    found.push(...(page?.events ?? []).map(({ message = "" }) => message));
    nextToken = page?.nextToken;
  } while (nextToken !== undefined);
  return found;
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
  throw error;
}
