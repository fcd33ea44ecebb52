import type { z } from "zod";
import type { Environment } from "../options/environment.ts";
import { integer } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";

/** What a client may ask of the edge (guide 001, "Security": floods are refused). Streams are cut by none of them. */
export const limitsOptions = section({
  bodyMb: withDefault("Largest body of a request; a larger one is answered 413.", integer(1, 10_240, "MiB", 100), 100),
  headerKb: withDefault(
    "Largest header of a request with HTTP/1.1, answered 431 beyond it; HTTP/2 ends the request.",
    integer(4, 15, "KiB", 15),
    15,
  ),
  slowSeconds: withDefault(
    "Time a client has to send the header of a request, and as long for its body or the first 15 KiB of it. Who is slower is disconnected, or answered 408; a longer body has 4 seconds more for each MiB of bodyMb.",
    integer(1, 300, "seconds", 10),
    10,
  ),
  requestsPerMinute: optional(
    "Requests that one address (an IPv6 network of /64) may send within a minute; more are answered 429. 0 is no limit.",
    integer(0, 1_000_000, "requests", 3000),
    "3000; local 0",
  ),
});

/** The limits with the default that depends on the environment: on a laptop everybody is one address. */
export function completeLimits(input: z.output<typeof limitsOptions>, environment: Environment) {
  return { ...input, requestsPerMinute: input.requestsPerMinute ?? (environment === "local" ? 0 : 3000) };
}

export type EdgeLimits = Readonly<ReturnType<typeof completeLimits>>;
