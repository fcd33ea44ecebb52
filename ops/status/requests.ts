/** One request at the switch, as its log has it. */
export interface Request {
  /** When it was answered; ms since 1970. */
  readonly at: number;
  readonly failed: boolean;
  /** Until the first byte of the answer, waiting included; undefined for raw TCP, and for what was never answered. */
  readonly ms: number | undefined;
}

/** `frontend backend/server TR/Tw/Tc/Tr/Ta status`, HAProxy's httplog. */
const http = /\] (route\d+) ([^\s/]+)\/(\S+) (-?\d+)\/(-?\d+)\/(-?\d+)\/(-?\d+)\/\+?(-?\d+) (-?\d+) /;
/** `frontend backend/server Tw/Tc/Tt bytes state`, its tcplog. */
const tcp = /\] (tcp-\d+|public-\d+)~? ([^\s/]+)\/(\S+) (-?\d+)\/(-?\d+)\/\+?(-?\d+) \+?(\d+) (\S\S) /;

/** Undefined for a line that is no user's request: a candidate's probe, a server that went up or down. Pure. */
export function requestIn(line: string, at: number): Request | undefined {
  const asked = http.exec(line);
  if (asked !== null) {
    const [wait, connect, answer] = [asked[5], asked[6], asked[7]].map(Number);
    const status = Number(asked[9]);
    const whole = wait !== undefined && connect !== undefined && answer !== undefined && answer >= 0;
    return {
      at,
      failed: status >= 500,
      ms: whole ? Math.max(0, wait) + Math.max(0, connect) + answer : undefined,
    };
  }
  const connected = tcp.exec(line);
  if (connected === null) return undefined;
  // The first letter says who ended it: the client (C) or nobody (-) is no failure of ours.
  return { at, failed: !/^[-C]/.test(connected[8] ?? ""), ms: undefined };
}

/** Nearest rank, so that it is a time which somebody waited. Undefined of nothing. */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}
