import type { z } from "zod";
import { choice, integer, text } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";
import { belongTogether, certificate, certificatesOf, key, leafOf, roots } from "../options/pem.ts";
import { everywhere, inProduction, type Rule } from "../options/rule.ts";

/** Its certificates are trusted by nobody, and spend none of the real one's limits: 5 equal ones a week, 5 failures an hour. */
export const letsEncryptStaging = "https://acme-staging-v02.api.letsencrypt.org/directory";

const address = text((value) => /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(value), {
  allowed: "an e-mail address",
  example: "operator@example.com",
  ask: "<e-mail address>",
});

const directory = text((value) => /^https:\/\/[^\s/]+\/\S*$/.test(value) && URL.canParse(value), {
  allowed: "the https URL of an ACME directory",
  example: letsEncryptStaging,
});

export const tlsOptions = section({
  mode: optional(
    "Where the certificate comes from: the edge's own CA, an ACME CA, or certificate and key of one's own.",
    choice(["internal", "acme", "own"], "acme"),
    "acme; local internal",
  ),
  email: optional("Address the CA writes to; acme needs it.", address, "none"),
  ca: optional(
    "ACME directory of another CA, for acme.",
    directory,
    "Let's Encrypt; outside production its staging CA, which no browser trusts",
  ),
  caRoot: optional(
    "Roots of a CA that nobody knows by itself, for acme with ca and for own: what the ACME directory and the certificates are verified with.",
    roots,
    "the public CAs",
  ),
  lifetimeMinutes: optional(
    "Life of a certificate of the edge's own CA; it is renewed when a third is left. For acme: the life that its CA gives, where that is under two hours.",
    integer(3, 10_000, "minutes", 720),
    "720",
  ),
  certificate: optional("The server's certificate, for own.", certificate, "none"),
  key: optional("Its key, for own.", key, "none"),
});

/** What the rules are about. */
interface Checked {
  readonly domain: string;
  readonly tls: Omit<z.output<typeof tlsOptions>, "mode"> & { readonly mode: "internal" | "acme" | "own" | "shared" };
}

type Key = Exclude<keyof z.output<typeof tlsOptions>, "mode">;

/** Options that only some modes have a use for. */
function onlyWith(modes: readonly string[], keys: readonly Key[]): Rule<Checked> {
  return {
    in: everywhere,
    allowed: `only with tls.mode ${modes.join(" or ")}: another has no use for it`,
    reads: [["tls", "mode"]],
    breaks: ({ tls }) =>
      tls.mode === "shared" || modes.includes(tls.mode)
        ? []
        : keys.filter((each) => tls[each] !== undefined).map((each) => ["tls", each]),
    remedy: (_, broken) => [{ remove: broken }],
  };
}

const withOwn = (breaks: (section: Checked) => boolean, at: Key) => (section: Checked) =>
  section.tls.mode === "own" && breaks(section) ? [["tls", at]] : [];

export const tlsRules: readonly Rule<Checked>[] = [
  {
    in: everywhere,
    allowed: "an e-mail address; tls.mode acme needs one for the CA's warnings",
    breaks: ({ tls }) => (tls.mode === "acme" && tls.email === undefined ? [["tls", "email"]] : []),
    reads: [["tls", "mode"]],
  },
  onlyWith(["acme"], ["email", "ca"]),
  onlyWith(["acme", "own"], ["caRoot"]),
  onlyWith(["internal", "acme"], ["lifetimeMinutes"]),
  onlyWith(["own"], ["certificate", "key"]),
  {
    in: everywhere,
    allowed: "with tls.mode acme only beside tls.ca: Let's Encrypt's roots are known",
    reads: [
      ["tls", "mode"],
      ["tls", "ca"],
    ],
    breaks: ({ tls }) =>
      tls.mode === "acme" && tls.ca === undefined && tls.caRoot !== undefined ? [["tls", "caRoot"]] : [],
    remedy: (_, broken) => [{ remove: broken }],
  },
  {
    in: everywhere,
    allowed: "PEM: certificates that can be read",
    breaks: ({ tls: { caRoot } }) =>
      caRoot !== undefined && certificatesOf(caRoot).length === 0 ? [["tls", "caRoot"]] : [],
  },
  {
    in: everywhere,
    allowed: "with tls.mode own the PEM of the certificate",
    reads: [["tls", "mode"]],
    breaks: withOwn(({ tls }) => tls.certificate === undefined, "certificate"),
  },
  {
    in: everywhere,
    allowed: "with tls.mode own the PEM of the certificate's key",
    reads: [["tls", "mode"]],
    breaks: withOwn(({ tls }) => tls.key === undefined, "key"),
  },
  {
    in: everywhere,
    allowed: "a certificate and the key that it was made for, both PEM and the key not encrypted",
    reads: [["tls", "key"]],
    breaks: withOwn(
      ({ tls: { certificate: chain, key: secret } }) =>
        chain !== undefined && secret !== undefined && !belongTogether(chain, secret.secret),
      "certificate",
    ),
  },
  {
    in: everywhere,
    allowed: "a certificate for edge.domain",
    reads: [["domain"]],
    breaks: withOwn(({ domain, tls }) => {
      const leaf = leafOf(tls.certificate ?? "");
      return leaf !== undefined && leaf.checkHost(domain) === undefined;
    }, "certificate"),
  },
  {
    in: everywhere,
    allowed: "a certificate that has not ended",
    breaks: withOwn(({ tls }) => {
      const leaf = leafOf(tls.certificate ?? "");
      return leaf !== undefined && Date.parse(leaf.validTo) <= Date.now();
    }, "certificate"),
  },
  {
    in: inProduction,
    allowed: "acme in production: browsers do not trust the edge's own CA",
    breaks: ({ tls }) => (tls.mode === "internal" ? [["tls", "mode"]] : []),
  },
  {
    in: inProduction,
    allowed: "in production a CA whose certificates browsers trust; Let's Encrypt's staging CA is for rehearsals",
    breaks: ({ tls }) => (tls.ca === letsEncryptStaging ? [["tls", "ca"]] : []),
    remedy: (_, broken) => [{ remove: broken }],
  },
];
