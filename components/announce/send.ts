import { setTimeout as sleep } from "node:timers/promises";
import type { Announcement } from "./spec.ts";

const timeoutMs = 5_000;
const pauseMs = 1_000;
const attempts = 3;

/**
 * Posts an announcement; at worst this takes 17 s. Never throws: a webhook that is down is no reason to fail a release. Answers undefined or
 * what went wrong. Only the host of the URL is ever said, because path and query are its password.
 */
export async function send(url: string, body: Announcement): Promise<string | undefined> {
  if (!URL.canParse(url)) return "the webhook was not told: its URL is no URL";
  let problem: Attempt = { retry: true, why: "" };
  for (let attempt = 1; attempt <= attempts && problem.retry; attempt += 1) {
    if (attempt > 1) await sleep(pauseMs);
    const answered = await post(url, body);
    if (answered === undefined) return undefined;
    problem = answered;
  }
  return `the webhook at ${new URL(url).host} was not told of "${body.event}": ${problem.why}`;
}

interface Attempt {
  readonly why: string;
  readonly retry: boolean;
}

async function post(url: string, body: Announcement): Promise<Attempt | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      // Followed, a POST becomes a GET, and the announcement is lost in silence.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    return { why: `it answered ${response.status}`, retry: response.status >= 500 || response.status === 429 };
  } catch (error) {
    return { why: reason(error), retry: true };
  }
}

/** The error's code alone: fetch's own messages may hold the whole URL. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1000} s`;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "no answer";
}
