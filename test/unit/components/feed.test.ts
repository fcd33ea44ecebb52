import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { feed } from "../../../components/steps/feed.ts";

test("a command gets all of its input and its end, however slowly it reads", async () => {
  const command = new PassThrough({ highWaterMark: 16 });
  feed(Readable.from([Buffer.alloc(3000, "a"), Buffer.alloc(3000, "b")]), command);
  expect((await buffer(command)).toString()).toBe("a".repeat(3000) + "b".repeat(3000));
});

test("an input that breaks off, with an error or without, ends the command's stream", async () => {
  for (const [error, words] of [
    [new Error("connection lost"), "connection lost"],
    [undefined, "its input broke off"],
  ] as const) {
    const command = new PassThrough();
    const input = new PassThrough();
    feed(input, command);
    const broken = once(command, "error");
    input.write("half");
    input.destroy(error);
    expect(String((await broken)[0])).toContain(words);
  }
});

test("a command that ends before it has read all is no failure, and its input is let go", async () => {
  const command = new PassThrough();
  const input = new PassThrough();
  feed(input, command);
  command.destroy();
  await once(input, "close");
  expect(input.destroyed).toBe(true);
});
