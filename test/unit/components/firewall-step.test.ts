import { beforeEach, expect, test, vi } from "vitest";
import step, { type FirewallInputs } from "../../../components/firewall/step.ts";
import { freshRunnerOf, runnerOf } from "../../../components/steps/engine.ts";
import type { Command, FileEntry, Runner } from "../../../components/steps/runner.ts";

vi.mock("../../../components/steps/engine.ts", () => ({ runnerOf: vi.fn(), freshRunnerOf: vi.fn() }));

const inputs: FirewallInputs = {
  host: "ssh://deploy@example.org",
  place: { stack: "blue", system: "tmws" },
  container: "c1",
  image: "sha256:firewall",
  exposure: { open: [], inside: [] },
  rules: "table inet slipway_blue {}\n",
};

/** What was done, in order, and by which connection. */
let done: string[];
/** Commands of images/firewall that fail. */
let failing: readonly string[];

function runner(connection: string): Runner {
  const only = {
    async start(id: string) {
      done.push(`${connection}: ${id} runs`);
    },
    async put(id: string, directory: string, [file]: readonly FileEntry[]) {
      done.push(`${connection}: ${id} ${directory}/${file?.path} is ${file?.content?.trim()}`);
    },
    async exec(_: string, { argv }: Command) {
      const [, word = "", , ...more] = argv;
      done.push([`${connection}:`, word, ...more].join(" "));
      return failing.includes(word) ? { exitCode: 1, output: "the reason" } : { exitCode: 0, output: "" };
    },
  };
  return only as unknown as Runner;
}

beforeEach(() => {
  done = [];
  failing = [];
  vi.mocked(runnerOf).mockResolvedValue(runner("old"));
  vi.mocked(freshRunnerOf).mockImplementation(async () => ({
    runner: runner("new"),
    end: async () => void done.push("new: ended"),
  }));
});

test("the rules are loaded for a minute and confirmed by a new connection", async () => {
  expect(await step.reconcile(inputs)).toEqual({});
  expect(done).toEqual([
    "old: c1 runs",
    "old: c1 /var/lib/slipway-firewall/candidate.nft is table inet slipway_blue {}",
    "old: apply 60",
    "new: confirm",
    "new: ended",
  ]);
});

test("no new connection: taken back by the one that stands, and said with what mends it", async () => {
  vi.mocked(freshRunnerOf).mockRejectedValue(new Error("Connection timed out"));
  await expect(step.reconcile(inputs)).rejects.toThrow(
    [
      "under the new firewall rules no new connection to the host could be made, so the former rules are back: Connection timed out",
      "Mend: open the port that you come by, e.g. pulumi config set --path slipway:firewall.ssh.port 22 --stack blue",
    ].join("\n"),
  );
  expect(done.slice(2)).toEqual(["old: apply 60", "old: revert"]);
});

test("the standing connection is gone as well: the host takes them back by itself", async () => {
  vi.mocked(freshRunnerOf).mockRejectedValue(new Error("Connection timed out"));
  failing = ["revert"];
  await expect(step.reconcile(inputs)).rejects.toThrow("the former rules come back by themselves within 60 s");
});

test("rules that the kernel does not take are an error of their own", async () => {
  failing = ["apply"];
  await expect(step.reconcile(inputs)).rejects.toThrow(
    /the firewall's apply: .* exited with 1; its last lines:\n +the reason/,
  );
  expect(done).toHaveLength(3);
});

test("runs again when the rules, the container or what stands on the host is other", () => {
  const before = { ...inputs, deviation: "" };
  expect(step.changed(before, { ...before })).toEqual([]);
  expect(step.changed(before, { ...before, rules: "" })).toEqual(["rules"]);
  expect(step.changed(before, { ...before, container: "c2" })).toEqual(["container"]);
  expect(step.changed(before, { ...before, deviation: "missing: drop" })).toEqual(["deviation"]);
  expect(step.changed({ ...before, deviation: "missing: drop" }, before)).toEqual([]);
});
