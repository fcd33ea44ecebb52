import { leafOf } from "../options/pem.ts";
import type { Signer } from "./share.ts";
import { letsEncryptStaging } from "./tls.options.ts";

/** What a client must trust at an edge, by who signs there; all of it lies on the edge's data volume. */

/** Caddy's own CA. */
export const internalRoot = "/data/caddy/pki/authorities/local/root.crt";
/** The roots of `edge.tls.caRoot`: below the volume, and in the container. */
export const rootsFile = "slipway/ca-root.pem";
export const rootsPath = `/data/${rootsFile}`;

interface Signed {
  readonly mode: "internal" | "acme" | "own";
  readonly ca?: string;
  readonly caRoot?: string;
}

/** Who has to be trusted by a client of the edge: `internal` and `private` are in no browser, `rehearsal` is Let's Encrypt's staging CA. */
export function signerOf({ mode, ca, caRoot }: Signed): Signer {
  if (mode === "internal") return "internal";
  if (caRoot !== undefined) return "private";
  return mode === "acme" && ca === letsEncryptStaging ? "rehearsal" : "public";
}

/** File with the CA; undefined where it is one that every system knows. */
export function trustFile(signer: Signer, domain: string): string | undefined {
  switch (signer) {
    case "internal":
      return internalRoot;
    case "private":
      return rootsPath;
    case "rehearsal":
      return keptChain(letsEncryptStaging, domain);
    case "public":
      return undefined;
  }
}

/**
 * The chain that Caddy keeps of what an ACME directory issued. For curl it is trust enough, down to the server's own certificate: it proves that
 * the edge shows what it got, for a CA whose roots change and stand in no system.
 */
export function keptChain(directory: string, domain: string): string {
  const { host, pathname } = new URL(directory);
  const issuer = `${host}${pathname}`.replace(/^\/+|\/+$/g, "").replace(/[/:]/g, "-");
  return `/data/caddy/certificates/${issuer}/${domain}/${domain}.crt`;
}

/** Host names that a certificate of one's own is not for. */
export function uncovered(certificate: string, hosts: readonly string[]): readonly string[] {
  const leaf = leafOf(certificate);
  return hosts.filter((host) => leaf?.checkHost(host) === undefined);
}
