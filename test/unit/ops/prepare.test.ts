import { rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { prepareFor } from "../../../ops/prepare.ts";
import { stackFile } from "../../../ops/stack-file.ts";

const prepared = vi.hoisted(() => ({ calls: [] as unknown[] }));
vi.mock("../../../toolchain/prepare.ts", () => ({ prepare: async (wish: unknown) => void prepared.calls.push(wish) }));

const stack = `u${process.pid}`;
const wishes = { stack, system: undefined, host: undefined };
beforeEach(() => {
  prepared.calls.length = 0;
});
afterEach(() => rmSync(stackFile(stack), { force: true }));

test("the host of the stack's file; one that is given comes before it", async () => {
  writeFileSync(stackFile(stack), "config:\n  slipway:host: ssh://deploy@example.org\n");
  await prepareFor(wishes);
  await prepareFor({ ...wishes, host: "ssh://deploy@another.example.org" });
  expect(prepared.calls).toEqual([
    { stack, host: "ssh://deploy@example.org", fetchesPlugins: false },
    { stack, host: "ssh://deploy@another.example.org", fetchesPlugins: false },
  ]);
});

test("a stack without a file, or without a word of its host, has none: the environment's holds", async () => {
  await prepareFor(wishes);
  await prepareFor({ ...wishes, system: "aidis" });
  writeFileSync(stackFile(stack), "config:\n  slipway:tier: small\n");
  await prepareFor(wishes);
  const none = { stack, host: undefined, fetchesPlugins: false };
  expect(prepared.calls).toEqual([none, none, none]);
});

test("a stack in a cluster needs that platform's plugin", async () => {
  writeFileSync(stackFile(stack), "config:\n  slipway:platform: kubernetes\n");
  await prepareFor(wishes);
  expect(prepared.calls).toEqual([{ stack, host: undefined, fetchesPlugins: true }]);
});

test("what is no host is refused before anything is connected to", async () => {
  writeFileSync(stackFile(stack), "config:\n  slipway:host: tcp://10.0.0.5:2375\n");
  await expect(prepareFor(wishes)).rejects.toThrow(
    `slipway:host: "tcp://10.0.0.5:2375"\n  allowed: ssh://user@host, ssh://user@host:port, ssh://user@host/path/of/docker.sock, or unix:///path\n  mend: pulumi config set slipway:host '<host>' --stack ${stack}`,
  );
  expect(prepared.calls).toEqual([]);
});

test("where AWS runs the parts, no host is asked for, and its plugin is fetched", async () => {
  writeFileSync(stackFile(stack), "config:\n  slipway:platform: aws\n  slipway:aws:\n    shape: managed\n");
  await prepareFor(wishes);
  expect(prepared.calls).toEqual([{ stack, host: undefined, fetchesPlugins: true }]);
});

test("a stack on AWS without its host is refused with the command that makes one, before this machine's own Docker is asked", async () => {
  writeFileSync(stackFile(stack), "config:\n  slipway:platform: aws\n");
  await expect(prepareFor(wishes)).rejects.toThrow(
    `slipway:host: (not set)\n  allowed: the address of the host that \`npm run host\` makes and writes here\n  mend: npm run host -- --stack ${stack}`,
  );
  expect(prepared.calls).toEqual([]);
});
