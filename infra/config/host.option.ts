import { text } from "../../components/options/kinds.ts";
import { optional } from "../../components/options/option.ts";
import { hostForms, isHost } from "../../toolchain/ssh/address.ts";

export const hostOption = optional(
  "Docker host that the stack runs on.",
  text(isHost, { allowed: hostForms, example: "ssh://deploy@example.org", ask: "<host>" }),
  "DOCKER_HOST, else docker's current context, else the local socket",
);
