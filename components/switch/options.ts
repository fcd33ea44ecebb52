import type { z } from "zod";
import type { Environment } from "../options/environment.ts";
import { flag, list, port, reason, text } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";
import { belongTogether, certificate, key } from "../options/pem.ts";
import { everywhere, inProduction, type Rule } from "../options/rule.ts";

const octet = String.raw`(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const addressPattern = new RegExp(`^${octet}(\\.${octet}){3}$`);

const address = text((value) => addressPattern.test(value), {
  allowed: "an IPv4 address of the host, or 0.0.0.0 for all of them",
  example: "0.0.0.0",
});

const network = text(isNetwork, {
  allowed: "an IPv4 network such as 203.0.113.0/24, or one address with /32; no bits behind the prefix",
  example: "203.0.113.0/24",
});

const why = reason("every customer has an address of its own");

/** Raw TCP for users, published by the switch (guide 002: off by default, TLS, a source allow-list). */
export const tcpOptions = section({
  public: withDefault("Publishes the system's raw TCP port, with TLS, to the networks of `allow`.", flag, false),
  port: optional("Port of the host.", port, "the system's own"),
  bind: optional(
    "IPv4 address of the host to publish on; no IPv6, because Docker's IPv6 path hides the client's address from `allow`.",
    address,
    "0.0.0.0; local 127.0.0.1",
  ),
  allow: optional(
    "Networks that may connect. 127.0.0.0/8 is the host itself.",
    list(network, "a list of IPv4 networks"),
    "none; local 127.0.0.0/8",
  ),
  everybody: optional(
    "Why networks wider than /8 may connect in production: a reason.",
    why,
    "none: such a network is refused in production",
  ),
  certificate: optional("The server's certificate.", certificate, "one of the stack's own CA"),
  key: optional("Its key.", key, "one of the stack's own CA"),
});

/** The options with the defaults that depend on the environment. */
export function completeTcp(input: z.output<typeof tcpOptions>, environment: Environment) {
  const local = environment === "local";
  return {
    ...input,
    bind: input.bind ?? (local ? "127.0.0.1" : "0.0.0.0"),
    allow: input.allow ?? (local ? ["127.0.0.0/8"] : []),
  };
}

type CompleteTcp = ReturnType<typeof completeTcp>;

function isNetwork(value: string): boolean {
  const [base = "", prefix = "", ...more] = value.split("/");
  if (!addressPattern.test(base) || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32 || more.length > 0) return false;
  const bits = base.split(".").reduce((all, part) => all * 256 + Number(part), 0);
  return bits % 2 ** (32 - Number(prefix)) === 0;
}

/** Two halves of the internet are the internet: what counts is how wide each is. */
const tooWide = (value: string) => Number(value.split("/")[1]) < 8;

export const tcpRules: readonly Rule<CompleteTcp>[] = [
  {
    in: ["staging", "production"],
    allowed: "with tcp.public true at least one network: nobody else may connect",
    reads: [["public"]],
    breaks: ({ public: open, allow }) => (open && allow.length === 0 ? [["allow"]] : []),
    remedy: () => [{ set: ["allow", 0], to: "203.0.113.0/24" }],
  },
  {
    in: inProduction,
    allowed: "in production no network wider than /8, unless tcp.everybody says why",
    reads: [["public"], ["everybody"]],
    breaks: ({ public: open, allow, everybody }) =>
      open && everybody === undefined ? allow.flatMap((value, at) => (tooWide(value) ? [["allow", at]] : [])) : [],
    remedy: (_, broken) => [{ set: broken, to: "203.0.113.0/24" }, { set: ["everybody"] }],
  },
  {
    in: everywhere,
    allowed: "tcp.certificate and tcp.key together, or neither",
    breaks: ({ certificate: chain, key: secret }) => {
      if ((chain === undefined) === (secret === undefined)) return [];
      return [chain === undefined ? ["certificate"] : ["key"]];
    },
  },
  {
    in: everywhere,
    allowed: "a certificate and the key that it was made for, both PEM and the key not encrypted",
    reads: [["key"]],
    breaks: ({ certificate: chain, key: secret }) =>
      chain !== undefined && secret !== undefined && !belongTogether(chain, secret.secret) ? [["certificate"]] : [],
  },
];
