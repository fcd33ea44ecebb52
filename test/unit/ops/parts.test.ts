import { expect, test } from "vitest";
import { readOutputs } from "../../../ops/outputs.ts";
import { checkCommand, ollamaRows, renderParts } from "../../../ops/parts.ts";

const url = "https://tmws.localhost:8443";
const ollama = (mode: string) => ({ mode, url: "http://ollama:11434", model: "acme/e5", version: "0.9.0" });
const rowsOf = (outputs: object) => ollamaRows(readOutputs(JSON.stringify({ url, ...outputs })).ollama);

test("the table tells the model, and of a native Ollama that it is not ours", () => {
  expect(renderParts(rowsOf({ ollama: ollama("container") }))).toBe(
    ["  part   image    health  published", "  model  acme/e5  embeds  none"].join("\n"),
  );
  expect(renderParts(rowsOf({ ollama: ollama("native") }))).toBe(
    [
      "  part    image               health   published",
      "  ollama  on the host, 0.9.0  healthy  not ours",
      "  model   acme/e5             embeds   none",
    ].join("\n"),
  );
});

test("a system without Ollama has no such row", () => {
  expect(rowsOf({})).toEqual([]);
  expect(rowsOf({ ollama: "" })).toEqual([]);
});

test.each([
  [
    ["CMD", "python", "-c", "print(1)"],
    ["python", "-c", "print(1)"],
  ],
  [
    ["CMD-SHELL", "redis-cli ping | grep -qx PONG"],
    ["/bin/sh", "-c", "redis-cli ping | grep -qx PONG"],
  ],
  [["NONE"], undefined],
  [[], undefined],
])("the command of the health check %j", (kept, command) => {
  expect(checkCommand(kept)).toEqual(command);
});
