import { expect, test } from "vitest";
import { checkCommand } from "../../../ops/parts.ts";

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
