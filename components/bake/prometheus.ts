import { z } from "zod";
import {
  type Answer,
  curlCommand,
  curlConfig,
  curlConfigVariable,
  type HttpProbe,
  parseAnswer,
} from "../probe/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Session } from "../steps/session.ts";
import type { Ask } from "./watch.ts";

/** Asks a Prometheus on the front network (`base`, e.g. `http://prometheus:9090`) through a session whose image has curl. */
export function askPrometheus(session: Session, base: string): Ask {
  return async (query) => {
    const finished = await session.run({
      argv: curlCommand,
      env: { [curlConfigVariable]: curlConfig(instant(query), { base, options: [] }, undefined) },
    });
    const answer = parseAnswer(finished.output);
    if (answer === undefined) {
      throw new StepFailure(
        `Prometheus did not answer: ${finished.output.trim() || `curl exited with ${finished.exitCode}`}`,
      );
    }
    return readValue(answer);
  };
}

/** The instant query API: the value now. */
function instant(query: string): HttpProbe {
  return {
    name: "prometheus",
    via: "network",
    method: "GET",
    path: `/api/v1/query?query=${encodeURIComponent(query)}`,
    expect: { status: 200 },
  };
}

/** A sample is its time in seconds and its value as text, so that NaN and +Inf have one. */
const sample = z.tuple([z.number(), z.string()]);
const success = z.object({
  status: z.literal("success"),
  data: z.discriminatedUnion("resultType", [
    z.object({ resultType: z.literal("scalar"), result: sample }),
    z.object({
      resultType: z.literal("vector"),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample })),
    }),
  ]),
});
const failure = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

/** The one value of an answer; undefined when it has none, or one that is no number (0/0). */
export function readValue({ status, body }: Answer): number | undefined {
  const json = parseJson(body);
  const refused = failure.safeParse(json);
  if (refused.success)
    throw new StepFailure(`Prometheus refused the question: ${refused.data.errorType}: ${refused.data.error}`);
  const answered = success.safeParse(json);
  if (status !== 200 || !answered.success) {
    throw new StepFailure(`Prometheus answered ${status} and not a value: ${body.slice(0, 200)}`);
  }
  const { data } = answered.data;
  const samples = data.resultType === "scalar" ? [data.result] : data.result.map(({ value }) => value);
  if (samples.length > 1)
    throw new StepFailure(`Prometheus answered ${samples.length} series; the question must add them up to one`);
  const value = Number(samples[0]?.[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
