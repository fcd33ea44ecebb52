/** A stack's own CA and what it signs: what is in a certificate and when the next one is due. Pure data, see step.ts. */

const dayMs = 86_400_000;
/** A client's clock may be behind ours. */
const earlyMs = 60 * 60_000;

/** Ten years: what clients trust should outlive the machine. */
export const authorityDays = 3650;
/** The longest that Apple's clients accept, less a day; theirs is the strictest rule. */
export const certificateDays = 397;

/** Where clients find the CA's certificate. */
export const trustPath = "/etc/slipway/trust";
export const caFile = "ca.crt";
/** Volume of `trustPath`, below the stack's name. */
export const trustVolume = "trust";

export interface Name {
  readonly type: "dns" | "ip";
  readonly value: string;
}

/** What a certificate says; the keys come beside it. */
export interface Statement {
  /** Common name. */
  readonly subject: string;
  /** Empty for a CA. */
  readonly names: readonly Name[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Hex. */
  readonly serial: string;
}

/** @param random 16 bytes */
export function authorityStatement(subject: string, now: Date, random: Uint8Array): Statement {
  return statement({ subject, names: [] }, authorityDays, now, random);
}

/**
 * @param names the first one is the subject, too
 * @param days life from `now` on
 * @throws Error for what is neither a DNS name nor an IPv4 address
 */
export function certificateStatement(names: readonly string[], days: number, now: Date, random: Uint8Array): Statement {
  const [subject] = names;
  if (subject === undefined) throw new Error("a certificate without a name: give a DNS name or an IPv4 address");
  return statement({ subject, names: names.map(nameOf) }, days, now, random);
}

function statement(who: Pick<Statement, "subject" | "names">, days: number, now: Date, random: Uint8Array): Statement {
  return {
    // X.520's limit.
    ...who,
    subject: who.subject.slice(0, 64),
    notBefore: new Date(wholeSecond(now) - earlyMs),
    notAfter: new Date(wholeSecond(now) + days * dayMs),
    serial: serialOf(random),
  };
}

/** Certificates know no parts of a second. */
function wholeSecond(time: Date): number {
  return Math.floor(time.getTime() / 1000) * 1000;
}

/** RFC 5280, 4.1.2.2: positive, so the first bit is 0, and not zero, so the next is 1. */
function serialOf(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function nameOf(value: string): Name {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(value) && value.split(".").every((part) => Number(part) <= 255)) {
    return { type: "ip", value };
  }
  // A last label of digits would be read as an address.
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  if (value.length <= 253 && new RegExp(`^(\\*\\.)?(${label}\\.)*(?!\\d+$)${label}$`).test(value)) {
    return { type: "dns", value };
  }
  throw new Error(
    `certificate for ${JSON.stringify(value)}: allowed are DNS names in lower case, with *. before them too, and IPv4 addresses`,
  );
}

/** Whether a certificate is to be made anew: when a third of its life is left, so that a stack which is brought up each season never lapses. */
export function renewalDue(ends: unknown, days: number, now: Date): boolean {
  const end = typeof ends === "string" ? Date.parse(ends) : Number.NaN;
  return Number.isNaN(end) || end - now.getTime() <= (days * dayMs) / 3;
}
