import type { Clients } from "./spec.ts";

const table = "clients";

/**
 * Lines of a user's frontend that come first. The address is the one that the edge saw: nobody else reaches the socket, and what a client itself sends as
 * X-Forwarded-For the edge drops. Who is refused goes on counting, so a flood gets nothing until it slows down.
 */
export function rateRules({ requestsPerMinute }: Clients): readonly string[] {
  if (requestsPerMinute === 0) return [];
  return [
    // An IPv6 client has a whole /64.
    `  http-request track-sc0 hdr_ip(x-forwarded-for,-1),ipmask(32,64) table ${table}`,
    `  http-request return status 429 content-type text/plain string "Too many requests\\n" hdr Retry-After 10 if { sc_http_req_rate(0) gt ${requestsPerMinute} }`,
  ];
}

/** The last lines: who gets another answer need not send a body for it. Streams of answers are none of its business. */
export function bodyRules({ bodyMb, slowSeconds }: Clients): readonly string[] {
  return [
    // An app that does not want a body answers before the edge has counted it.
    `  http-request return status 413 if { req.hdr_val(content-length) gt ${bodyMb * 1024 * 1024} }`,
    `  http-request wait-for-body time ${slowSeconds}s`,
  ];
}

/** Of all host names of the system together; the oldest goes when it is full. About 10 MB. */
export function clientTable({ requestsPerMinute }: Clients): readonly string[] {
  if (requestsPerMinute === 0) return [];
  return ["", `backend ${table}`, "  stick-table type ipv6 size 50k expire 1m store http_req_rate(1m)"];
}
