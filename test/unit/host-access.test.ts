import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const script = ".github/host-access.sh";
const checkout = join(import.meta.dirname, "../..");

describe(script, () => {
  function run(env: Readonly<Record<string, string>>) {
    const home = mkdtempSync(join(tmpdir(), "slipway-home-"));
    const done = spawnSync(join(checkout, script), { env: { PATH: process.env["PATH"], HOME: home, ...env } });
    const file = (name: string) => join(home, ".ssh", name);
    const read = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : undefined);
    const mode = existsSync(file("id_ed25519")) ? statSync(file("id_ed25519")).mode & 0o777 : undefined;
    const found = { key: read("id_ed25519"), hosts: read("known_hosts"), config: read("config"), mode };
    rmSync(home, { recursive: true });
    return { code: done.status, said: `${done.stdout}${done.stderr}`, ...found };
  }

  test("writes both, for this user alone, and lets ssh learn no key", () => {
    const { said, ...found } = run({ SSH_KEY: "the-key", SSH_KNOWN_HOSTS: "host ssh-ed25519 AAAA" });
    expect(found).toEqual({
      code: 0,
      key: "the-key\n",
      hosts: "host ssh-ed25519 AAAA\n",
      config: "StrictHostKeyChecking yes\n",
      mode: 0o600,
    });
    expect(said).not.toContain("the-key");
  });

  test("a key without known hosts is refused, with what to do", () => {
    const { code, said, key } = run({ SSH_KEY: "the-key" });
    expect([code, key]).toEqual([1, undefined]);
    expect(said).toContain("ssh-keyscan");
  });

  test("without a key there is nothing to do", () => {
    expect(run({})).toMatchObject({ code: 0, key: undefined });
  });
});
