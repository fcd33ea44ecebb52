/** Which flavour of images a host can have: asked once by `npm start`, then kept in the stack's config. */
import type Docker from "dockerode";
import { noun as redis } from "../../components/redis/noun.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Flavour } from "./catalog.ts";
import { distribution } from "./engine.ts";
import { isRefusal } from "./registry.ts";

export type Answer = { readonly answers: true } | { readonly answers: false; readonly why: string };

const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * Whether the official images' registry answers this engine. One that answers with a refusal (rate limit, login) answers.
 * @param timeoutMs when silence counts as no, in milliseconds
 * @param image the image that is asked for
 */
export async function registryAnswers(
  engine: Docker,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  image: string = redis.images.redis.official,
): Promise<Answer> {
  const silence = AbortSignal.timeout(timeoutMs);
  try {
    await distribution(engine, image, { abortSignal: silence });
    return { answers: true };
  } catch (error) {
    if (silence.aborted) return { answers: false, why: `no answer within ${timeoutMs / 1000} s` };
    const why = messageOf(error);
    return isRefusal(why) ? { answers: true } : { answers: false, why };
  }
}

export interface ImagesDecision {
  readonly images: Flavour;
  /** Whether the decision is new and belongs into the stack's config. */
  readonly store: boolean;
  /** The line `npm start` says. */
  readonly line: string;
}

/** The stack's config wins always; without it, the registry's answer decides, once. Pure. */
export function decideImages(seen: {
  readonly configured: Flavour | undefined;
  readonly answered: Answer;
}): ImagesDecision {
  const { configured, answered } = seen;
  if (configured === "debian") {
    return { images: "debian", store: false, line: "images: debian (stack config), built on this machine" };
  }
  if (configured === "official") {
    const line = answered.answers
      ? "images: official (stack config)"
      : `images: official (stack config), but the registry does not answer: ${answered.why}. What is not here yet ` +
        "cannot be pulled; to build it instead: pulumi config set slipway:images debian";
    return { images: "official", store: false, line };
  }
  if (answered.answers) return { images: "official", store: true, line: "images: official, pinned by digest" };
  return {
    images: "debian",
    store: true,
    line: `images: debian, built on this machine, as the registry does not answer: ${answered.why}`,
  };
}
