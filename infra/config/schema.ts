import { choice } from "../../components/options/kinds.ts";
import { section, withDefault } from "../../components/options/option.ts";
import { systems } from "../systems/index.ts";
import { sectionsOf } from "./sections.ts";
import type { SystemOptions } from "./system-options.ts";

/** The whole config of a stack that runs this system. */
export function rootSchema(system: SystemOptions) {
  const [first, ...others] = [...new Set([...systems.map(({ name }) => name), system.name])];
  return section({
    system: withDefault(
      "Product that the stack runs; one of your own by the path of its file.",
      choice([first ?? system.name, ...others]),
      systems[0].name,
    ),
    ...sectionsOf(system),
  });
}
