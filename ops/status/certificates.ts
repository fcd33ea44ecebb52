import { X509Certificate } from "node:crypto";
import { authorityDays, certificateDays } from "../../components/certificate/spec.ts";
import { curlCommand, curlConfigVariable } from "../../components/probe/spec.ts";
import type { Session } from "../../components/steps/session.ts";
import type { SmokeTestRecord } from "../recorded/shapes.ts";
import type { Certificate } from "./report.ts";

type Edge = NonNullable<SmokeTestRecord["edge"]>;

const dayMs = 86_400_000;
/**
 * Asks the edge for its certificate as a client does; one that a client refuses is asked for once more, to show it. The host name of the
 * request is nobody's, so that the edge answers by itself: no user's request is counted.
 */
export async function askEdge(session: Session, { target }: Edge, now: number): Promise<Certificate> {
  const name = new URL(target.base).hostname;
  const taken = await chainOf(session, target, []);
  if (taken.certificate !== undefined) return readEdge(taken.certificate, name, now, true);
  const refused = await chainOf(session, target, ["insecure"]);
  if (refused.certificate !== undefined) return readEdge(refused.certificate, name, now, false);
  throw new Error(`no TLS at ${target.base}: ${refused.words}`);
}

async function chainOf(
  session: Session,
  { base, options }: Edge["target"],
  further: readonly string[],
): Promise<{ readonly certificate: string | undefined; readonly words: string }> {
  const config = [
    "silent",
    "show-error",
    "max-time = 10",
    'header = "Host: status.invalid"',
    'output = "/dev/null"',
    `url = "${base}/"`,
    'write-out = "%{certs}"',
    ...options,
    ...further,
  ].join("\n");
  const { output, exitCode } = await session.run({ argv: curlCommand, env: { [curlConfigVariable]: `${config}\n` } });
  const [certificate] =
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(exitCode === 60 ? "" : output) ?? [];
  return { certificate, words: output.trim() || `curl exited with ${exitCode}` };
}

/** @param pem the server's own certificate, the first of its chain */
export function readEdge(pem: string, name: string, now: number, trusted: boolean): Certificate {
  const found = new X509Certificate(pem);
  const [begins, ends] = [new Date(found.validFrom).getTime(), new Date(found.validTo).getTime()];
  return { ...life(ends, ends - begins, now), name, source: "edge", issuer: commonName(found.issuer), trusted };
}

/** Of the stack's own CA and what it signed, as the state has them. */
export function ownCertificate(
  { name, ends }: { readonly name: string; readonly ends: string },
  now: number,
): Certificate {
  const days = name === "authority" ? authorityDays : certificateDays;
  return { ...life(Date.parse(ends), days * dayMs, now), name, source: "stack", issuer: null, trusted: null };
}

/** Each is renewed when a third of its life is left; where less than a tenth is, that has not happened. */
function life(ends: number, long: number, now: number): Pick<Certificate, "ends" | "daysLeft" | "due"> {
  const left = ends - now;
  return { ends: new Date(ends).toISOString(), daysLeft: Number((left / dayMs).toFixed(1)), due: left < long / 10 };
}

/** The issuer's name; an issuer that has only an organisation is called by that. */
function commonName(issuer: string): string {
  const lines = issuer.split("\n");
  const found = lines.find((line) => line.startsWith("CN=")) ?? lines.find((line) => line.startsWith("O="));
  return found?.slice(found.indexOf("=") + 1) ?? issuer;
}
