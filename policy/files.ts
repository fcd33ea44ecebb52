import { at, isStep, later, listAt, type Planned, textAt } from "./planned.ts";
import type { Found, ResourcePolicy } from "./policy.ts";

/** The text of a file that a step Files writes; undefined where it writes none of that name, or an update alone will know it. */
export function writtenFile(resource: Planned, name: string): string | undefined {
  if (!isStep("Files")(resource)) return undefined;
  const entry = listAt(resource.inputs, "entries").find((each) => textAt(each, "path") === name);
  return at(entry, "content") === later ? undefined : textAt(entry, "content");
}

/** A rule about one file, by what is wrong with its text. What is found names settings, never the text: passwords stand in some. */
export function eachFile(
  about: Omit<ResourcePolicy, "kind" | "judge">,
  name: string,
  wrong: (text: string) => readonly string[],
): ResourcePolicy {
  return {
    ...about,
    kind: "resource",
    judge: (resource) => {
      const text = writtenFile(resource, name);
      return text === undefined ? [] : wrong(text).map((is): Found => ({ at: name, is }));
    },
  };
}
