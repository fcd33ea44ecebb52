import { stackNamePattern } from "../components/container/spec.ts";
import { hostForms, isHost } from "../toolchain/ssh/address.ts";
import { stackOfSystem, systemWish } from "./system-stack.ts";

export interface Arguments {
  /** As given, else the system's own. */
  readonly stack: string;
  readonly httpsPort: number | undefined;
  /** Docker host, written into the stack's file by `start`. */
  readonly host: string | undefined;
  /** One of Slipway's by name, or a path with a slash in it. */
  readonly system: string | undefined;
  readonly withData: boolean;
  /** What is not ours goes to pulumi as it is. */
  readonly rest: readonly string[];
}

/** Options with a value, and switches that are Slipway's own. */
const withValue = ["--stack", "--https-port", "--system", "--host"];
const examples: Readonly<Record<string, string>> = { "--https-port": "8444", "--host": "ssh://deploy@example.org" };
const switches = ["--with-data"];

/**
 * @param usual the stack of a command that is about one, when no other is named
 * @param untilWord from the first word that is no option on, all goes on letter by letter: a command in a container has options of its own
 * @throws Error in words for the user
 */
export function parseArguments(argv: readonly string[], usual?: string, untilWord = false): Arguments {
  const { given, rest } = separate(argv, untilWord);
  const system = systemWish(given.get("--system"));
  return {
    stack: stackName(
      "--stack",
      given.get("--stack") ?? (system === undefined ? usual : undefined) ?? stackOfSystem(system),
    ),
    httpsPort: port(given.get("--https-port")),
    host: host(given.get("--host")),
    system,
    withData: given.has("--with-data"),
    rest,
  };
}

/** By hand, because Pulumi's own arguments must reach it letter by letter: `-v=9` is no group of short options. */
function separate(
  argv: readonly string[],
  untilWord: boolean,
): { given: ReadonlyMap<string, string>; rest: readonly string[] } {
  const given = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const [word = "", inline] = splitOnce(argv[at] ?? "");
    if (untilWord && !word.startsWith("-")) return { given, rest: [...rest, ...argv.slice(at)] };
    if (switches.includes(word)) given.set(word, "");
    else if (withValue.includes(word)) given.set(word, value(word, inline ?? argv[++at]));
    else rest.push(argv[at] ?? "");
  }
  return { given, rest };
}

/** `--from=staging` as two words, for these options. */
export function wordsApart(words: readonly string[], options: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const [option = "", inline] = splitOnce(word);
    return inline !== undefined && options.includes(option) ? [option, inline] : [word];
  });
}

function splitOnce(word: string): readonly [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** @param usage how the command is called, which is what mends it */
export function notKnown(word: string, usage: string): Error {
  return new Error(`"${word}" is not known here: ${usage}`);
}

/** The same of an option that stands alone. */
export function wantsValue(option: string, usage: string): Error {
  return new Error(`${option} wants a value: ${usage}`);
}

function value(option: string, text: string | undefined): string {
  if (text !== undefined && text !== "" && !text.startsWith("-")) return text;
  throw new Error(`${option} wants a value, e.g. npm start -- ${option} ${examples[option] ?? "NAME"}`);
}

/** The name becomes part of container, network and volume names. @throws Error in words for the user */
export function stackName(option: string, name: string): string {
  if (stackNamePattern.test(name)) return name;
  throw new Error(
    `${option} ${name}: allowed are small letters, digits and hyphens, at most 31, a letter first, e.g. ${option} local`,
  );
}

function port(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) return number;
  throw new Error(`--https-port ${value}: allowed is a whole number from 1 to 65535, e.g. --https-port 8444`);
}

function host(value: string | undefined): string | undefined {
  if (value === undefined || isHost(value)) return value;
  throw new Error(`--host ${value}: allowed are ${hostForms}, e.g. --host ssh://deploy@example.org`);
}
