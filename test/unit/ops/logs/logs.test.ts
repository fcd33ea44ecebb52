import { describe, expect, it } from "vitest";
import { redact } from "../../../../components/steps/failure.ts";
import { engineTime, sinceOf } from "../../../../ops/logs/follow.ts";
import { type LogLine, logLines } from "../../../../ops/logs/frames.ts";
import { logsWish } from "../../../../ops/logs/options.ts";
import { merged } from "../../../../ops/logs/pick.ts";

const out = 1;
const err = 2;

function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}

async function* inPieces(all: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function read(all: Buffer, size = all.length): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of logLines(inPieces(all, size))) lines.push(line);
  return lines;
}

describe("the engine's frames", () => {
  const all = Buffer.concat([
    frame(out, "t1 first\n"),
    frame(out, "t2 a long line, "),
    frame(err, "t3 of the other stream: äöü\r\n"),
    frame(out, "t4 in two pieces\n"),
    frame(out, "t5 \n"),
    frame(err, "t6 without an end"),
  ]);

  it.each([1, 2, 7, 1000])("become lines, whatever the pieces of %d bytes they come in", async (size) => {
    expect(await read(all, size)).toEqual([
      { at: "t1", text: "first" },
      { at: "t3", text: "of the other stream: äöü" },
      { at: "t2", text: "a long line, in two pieces" },
      { at: "t5", text: "" },
      { at: "t6", text: "without an end" },
    ]);
  });
});

describe("which lines", () => {
  const line = (at: string, text: string, container = "a") => ({ at, text, container });
  const redacted = (text: string) => redact(text, ["topsecret"]);

  it("those of all replicas, by time, the last ones that fit", () => {
    const logs = [
      [line("1", "x 1"), line("4", "x 4")],
      [line("2", "x 2", "b"), line("3", "y 3", "b")],
    ];
    const texts = (tail: number | undefined, grep?: RegExp) =>
      merged(logs, { redacted, grep }, tail).map(({ text }) => text);
    expect(texts(undefined)).toEqual(["x 1", "x 2", "y 3", "x 4"]);
    expect(texts(2)).toEqual(["y 3", "x 4"]);
    expect(texts(2, /^x/)).toEqual(["x 2", "x 4"]);
    expect(texts(0)).toEqual([]);
  });

  it("a secret is out before an expression could find it", () => {
    const logs = [[line("1", "password topsecret")]];
    expect(merged(logs, { redacted, grep: undefined }, undefined)[0]?.text).toBe("password ***");
    expect(merged(logs, { redacted, grep: /tops/ }, undefined)).toEqual([]);
  });

  it("times compare as the engine writes them", () => {
    expect(engineTime(1500)).toBe("1970-01-01T00:00:01.500000000Z");
    expect(sinceOf("2026-11-28T11:11:48.123456789Z")).toBe("1795864308.123456789");
    expect(sinceOf("1970-01-01T00:00:01Z")).toBe("1.000000000");
  });
});

describe("how a log is wanted", () => {
  const nothing = { sinceSeconds: undefined, tail: 100, follow: false, grep: undefined };
  it.each([
    [["app"], { ...nothing, part: "app" }],
    [["app", "--since", "5m"], { ...nothing, part: "app", sinceSeconds: 300, tail: undefined }],
    [
      ["--since=1.5h", "app", "--tail", "7", "--follow"],
      { ...nothing, part: "app", sinceSeconds: 5400, tail: 7, follow: true },
    ],
    [["app", "--tail=all", "--grep=a=b"], { ...nothing, part: "app", tail: undefined, grep: /a=b/u }],
    [["app", "--grep", "--x"], { ...nothing, part: "app", grep: /--x/u }],
  ])("%j", (words, wish) => {
    expect(logsWish(words)).toEqual(wish);
  });

  const usage = "npm run logs -- PART [--since 5m] [--tail 100] [--follow] [--grep RE] [--stack NAME]";
  it.each([
    [[], `a part is wanted: ${usage}`],
    [["a", "b"], `one part is wanted, not a b: ${usage}`],
    [["app", "--lines"], `"--lines" is not known here: ${usage}`],
    [["app", "--follow=yes"], `"--follow=yes" is not known here: ${usage}`],
    [["app", "--tail"], `--tail wants a value: ${usage}`],
    [["app", "--since", "5"], "--since 5: allowed is a number with s, m, h or d, e.g. --since 5m"],
    [["app", "--tail", "-1"], "--tail -1: allowed is a whole number, or all, e.g. --tail 100"],
  ])("%j is refused", (words, refusal) => {
    expect(() => logsWish(words)).toThrow(refusal);
  });

  it("an expression that is none is refused", () => {
    expect(() => logsWish(["app", "--grep", "("])).toThrow(/^--grep \(: it is no regular expression \(/);
  });
});
