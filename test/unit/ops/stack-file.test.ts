import { expect, test } from "vitest";
import { newStackFile, secretsProvider, valueAt, withValue } from "../../../ops/stack-file.ts";

const text = `secretsprovider: awskms://alias/team?region=eu-central-1
encryptedkey: AQID
config:
  slipway:host: ssh://deploy@example.org
`;

test("the secrets provider of a stack's file, when it names one", () => {
  expect(secretsProvider(text)).toBe("awskms://alias/team?region=eu-central-1");
  expect(secretsProvider("encryptionsalt: v1:x\nconfig: {}\n")).toBeUndefined();
  expect(secretsProvider("")).toBeUndefined();
});

test("a copy for a new stack keeps the host, not whose key it was encrypted with", () => {
  const copy = newStackFile(text);
  expect(secretsProvider(copy)).toBeUndefined();
  expect(copy).not.toContain("encryptedkey");
  expect(valueAt(copy, ["host"])).toBe("ssh://deploy@example.org");
});

test("letters that an older YAML takes for the end of a line are escaped, since Pulumi's is such a one", () => {
  const odd = "one\u2028two\u2029three\u0085 four: # {";
  const written = withValue(withValue(text, ["app", "note"], odd), ["app", "level"], "INFO");
  expect(written).not.toMatch(/[\u0085\u2028\u2029]/);
  expect(valueAt(written, ["app", "note"])).toBe(odd);
});
