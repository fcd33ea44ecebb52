import { edgeLabel, type Signer } from "../components/edge/share.ts";
import { eachFile } from "./files.ts";
import { isContainer, isStep, listAt, textAt } from "./planned.ts";
import type { Policy } from "./policy.ts";

const spec = "components/edge/spec.ts (caddyfile) writes it so";

/** Signers whom no browser trusts; the roots of a private CA are its users' own. */
const untrusted: readonly string[] = ["internal", "rehearsal"] satisfies readonly Signer[];

/** The one door to the outside. */
export const edgePolicies: readonly Policy[] = [
  eachFile(
    {
      name: "https-only",
      level: "mandatory",
      guides: ["001:306", "001:357", "002:52"],
      allowed:
        "sites on https alone; plain http answers only the edge itself, on an address 127.*, and numbers on a socket",
      mend: spec,
    },
    "Caddyfile",
    (text) => [
      ...sites(text)
        .filter((site) => !site.startsWith("https://") && !/^http:\/\/127\.\d+\.\d+\.\d+(:\d+)?$/.test(site))
        .filter((site) => site !== "http://" || !/^http:\/\/ \{\n\tbind unix\/\S+\n/m.test(text))
        .map((site) => `with the site ${site}`),
      ...(/^\tadmin off$/m.test(text) ? [] : ["with Caddy's admin API on"]),
    ],
  ),
  eachFile(
    {
      name: "strict-transport",
      level: "mandatory",
      guides: ["001:283", "001:306"],
      allowed: "the header Strict-Transport-Security on every site",
      mend: spec,
    },
    "Caddyfile",
    (text) =>
      text
        .split(/^(?=https:\/\/)/m)
        .slice(1)
        .filter((block) => !block.includes("Strict-Transport-Security"))
        .map((block) => `without the header for ${block.split(" ", 1)[0]}`),
  ),
  {
    name: "public-certificate",
    level: "mandatory",
    guides: ["001:340", "002:52"],
    allowed: "in production a certificate that browsers trust; a CA of one's own is for rehearsals",
    mend: "pulumi config set --path slipway:edge.tls.mode acme",
    kind: "stack",
    judge: (plan) =>
      plan.some((each) => isStep("Rollout")(each) && textAt(each.inputs, "environment") === "production")
        ? plan
            .filter(isContainer)
            .filter(({ inputs }) =>
              listAt(inputs, "labels").some(
                (each) => textAt(each, "label") === edgeLabel.ca && untrusted.includes(textAt(each, "value") ?? ""),
              ),
            )
            .map(({ name, urn }) => ({
              at: name,
              is: "an edge that signs by a CA of its own or one for rehearsals",
              urn,
            }))
        : [],
  },
];

/** The addresses at the beginning of Caddy's site blocks, which begin a line; the first block is the global one. */
function sites(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => /^(\S.*?)\s*\{$/.exec(line)?.[1]?.split(/,\s*/) ?? []);
}
