import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { firewall: { official: undefined, context: "images/firewall", user: "0:0" } },
  // nftables takes 4 MB while it loads the rules.
  limits: { firewall: { cpus: 0.25, memoryMb: 32, pids: 32 } },
  volumes: { firewall: {} },
  outage: { firewall: "what holds the firewall's rules, which stand meanwhile" },
} as const satisfies Noun;
