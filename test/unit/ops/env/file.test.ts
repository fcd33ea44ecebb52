import { describe, expect, test } from "vitest";
import { parseEnvFile } from "../../../../ops/env/file.ts";

const valuesOf = (text: string) => {
  const { variables, problems } = parseEnvFile(text);
  expect(problems).toEqual([]);
  return variables.map(({ name, value }) => [name, value]);
};

describe("a .env file", () => {
  test.each([
    ["a plain value", "A=b", "b"],
    ["blanks around", "  A = b c  ", "b c"],
    ["export", "export A=b", "b"],
    ["a comment behind a value (guide 003)", "A=CHANGE_THIS_1  # ⚠️ CHANGE IN PRODUCTION", "CHANGE_THIS_1"],
    ["a # inside a value", "A=b#c", "b#c"],
    ["a value that begins with #", "A=#b", "#b"],
    ["nothing but a comment", "A= # optional", ""],
    ["nothing", "A=", ""],
    ["double quotes", 'A="b # c" # d', "b # c"],
    ["escapes in double quotes", String.raw`A="b\n\"c\"\\\$d"`, 'b\n"c"\\$d'],
    ["an unknown escape stays", String.raw`A="\d"`, String.raw`\d`],
    ["single quotes", String.raw`A='b\n"$c"'`, String.raw`b\n"$c"`],
    ["empty quotes", 'A=""', ""],
    ["several lines in quotes", 'A="b\nc=d\n\ne"', "b\nc=d\n\ne"],
    ["a JSON array (guide 000)", 'A=["https://your-domain.com"]', '["https://your-domain.com"]'],
    ["a comment behind JSON", 'A=["b # c", "d"] # e', '["b # c", "d"]'],
    ["an equals sign", "A=b=c==", "b=c=="],
  ])("%s", (_, text, value) => {
    expect(valuesOf(text)).toEqual([["A", value]]);
  });

  test("CRLF, a byte order mark, comments and blank lines", () => {
    expect(valuesOf('\uFEFF# first\r\nA=b\r\n\r\n  # second\r\nB="c\r\nd"\r\n')).toEqual([
      ["A", "b"],
      ["B", "c\nd"],
    ]);
  });

  test("says of each variable its line, also behind a value of several lines, and of doubles both", () => {
    expect(parseEnvFile("A='1\n2'\nB=3\nB='4'").variables).toEqual([
      { name: "A", value: "1\n2", line: 1, literal: true },
      { name: "B", value: "3", line: 3, literal: false },
      { name: "B", value: "4", line: 4, literal: true },
    ]);
  });

  test("what is no variable is told by its line and never shown", () => {
    expect(parseEnvFile('A=b\nsk-hidden\n1A=c\nB="open\nC="d" e')).toEqual({
      variables: [{ name: "A", value: "b", line: 1, literal: false }],
      problems: [
        { line: 2, why: "is no NAME=value" },
        { line: 3, why: "is no NAME=value" },
        { line: 4, why: 'has something behind the closing "' },
        { line: 5, why: 'has something behind the closing "' },
      ],
    });
    expect(parseEnvFile("A='b").problems).toEqual([{ line: 1, why: "has a ' that nothing closes" }]);
  });
});
