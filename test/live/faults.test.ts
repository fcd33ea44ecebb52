/** What goes wrong around a release, on TMWS (stop-first) with a client that asks throughout. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FullDisk } from "./support/full-disk.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import { endNow, Killer } from "./support/kill.ts";
import { tmwsProduct, tmwsRate } from "./support/product.ts";
import { SilentRegistry } from "./support/registry.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  expectWholeAnswers,
  journalOf,
  launch,
  patientMs,
  polled,
  serving,
  versionsOf,
} from "./support/release.ts";
import { begin, checkout, run } from "./support/run.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let bench: Bench;
let disk: FullDisk;

/** A registry that is silent for so long is told. */
const patienceSeconds = 90;

/** Another value of a variable: the smallest release there is. */
const change = (days: number) => stack.set(["slipway:app", "apiKeyExpireDays"], days);
const newest = (days: number) => `TMWS_API_KEY_EXPIRE_DAYS=${days}`;

beforeAll(async () => {
  stack = await TestStack.make();
  disk = await FullDisk.under(stack);
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, holdSeconds: patientHoldSeconds });
  await stack.set(["slipway:app"], { extraEnv: tmwsRate });
  outside = await launch(stack);
  bench = { stack, outside, product: () => tmwsProduct(outside) };
});
afterAll(async () => {
  await disk.release();
  await stack.destroy();
});

describe("the switch", () => {
  it("HAProxy is killed and comes back with the same backend", async () => {
    const before = await serving(outside);
    const { tally, rows } = await polled(bench, async (client) => {
      const { Id, State } = await outside.inspect("switch");
      endNow(State.Pid);
      await eventually("the engine starts the switch again", async () => {
        const again = await engine.getContainer(Id).inspect();
        return again.State.Running && again.State.Pid !== State.Pid ? true : undefined;
      });
      const known = client.acknowledged.length;
      await expect.poll(() => client.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(known + 20);
    });
    expectWholeAnswers(tally, rows);
    expect(versionsOf(tally)).toEqual(["2.4.0"]);
    expect(await serving(outside)).toEqual(before);
    await expectOneRelease(stack, 1);
    await expectNoChanges(stack);
  });

  it("HAProxy is killed while it holds requests: the release goes through", async () => {
    await change(31);
    const killer = new Killer(stack);
    const { tally, rows } = await polled(
      bench,
      async () => {
        const running = stack.begin("start");
        await killer.atPhase(running, "start");
        endNow((await outside.inspect("switch")).State.Pid);
        expectSuccess(await running.done);
      },
      patientMs,
    );
    expectWholeAnswers(tally, rows);
    expect((await outside.inspect("app")).Config.Env).toContain(newest(31));
    await expectOneRelease(stack, 1);
  });
});

describe("the app", () => {
  it("dies inside its bake time: the release before serves again", async () => {
    await stack.set(["slipway:rollout", "bakeSeconds"], 60);
    await change(32);
    const before = await serving(outside);
    const { result, tally, rows } = await polled(
      bench,
      async () => {
        const running = stack.begin("start");
        await eventually("it is in its bake time", async () => (await journalOf(stack)).bake, 300);
        endNow((await outside.inspect("app")).State.Pid);
        return running.done;
      },
      patientMs,
    );
    await stack.set(["slipway:rollout", "bakeSeconds"], 0);
    expectRefusal(result, "in its bake time", "ended by itself", "Undone: release", "every write is kept");
    expectWholeAnswers(tally, rows);
    expect(await serving(outside)).toEqual(before);
    await expectOneRelease(stack, 1);
  });
});

describe("other operators", () => {
  it("two `up` at once: the second waits or is refused in words, one release serves", async () => {
    await change(33);
    const { result, tally, rows } = await polled(
      bench,
      async () => {
        const both = [stack.begin("start"), stack.begin("start")];
        return Promise.all(both.map(({ done }) => done));
      },
      patientMs,
    );
    expect(
      result.some(({ code }) => code === 0),
      result.map(({ output }) => output).join("\n"),
    ).toBe(true);
    for (const { code, output } of result)
      if (code !== 0) expect(output).toMatch(/is being changed by|is currently locked/);
    expectNoFailure(tally, rows);
    expect((await outside.inspect("app")).Config.Env).toContain(newest(33));
    await expectOneRelease(stack, 1);
    await expectNoChanges(stack);
  });

  it("another state is refused by up and by preview, with the owner's name, and nothing changes", async () => {
    const other = await mkdtemp(join(tmpdir(), "slipway-other-"));
    const restore = await stack.saved();
    try {
      // The same passphrase: only the state is another one.
      await cp(join(stack.state, "slipway", "passphrase"), join(other, "slipway", "passphrase"), { recursive: true });
      await change(34);
      const before = { containers: await outside.fingerprint(), journal: await journalOf(stack) };
      for (const command of ["start", "preview"]) {
        const args = ["toolchain/slipway.mjs", command, "--stack", stack.name];
        const up = await begin("node", args, { XDG_STATE_HOME: other }).done;
        expectRefusal(up, "belongs to another Pulumi state", `file://${stack.state}`, "preflight.takeOver");
      }
      expect({ containers: await outside.fingerprint(), journal: await journalOf(stack) }).toEqual(before);
    } finally {
      await restore();
      await rm(other, { recursive: true });
    }
  });
});

describe("a second checkout", () => {
  it("with a state of its own is refused by up and by preview, and nothing changes", async () => {
    const copy = await mkdtemp(join(tmpdir(), "slipway-checkout-"));
    const restore = await stack.saved();
    try {
      await change(35);
      expectSuccess(await run("cp", ["-a", `${checkout}/.`, copy]));
      await cp(join(stack.state, "slipway", "passphrase"), join(copy, "state", "slipway", "passphrase"), {
        recursive: true,
      });
      // From here on only the copy wants something else.
      await restore();
      const before = { containers: await outside.fingerprint(), journal: await journalOf(stack) };
      const { tally, rows } = await polled(bench, async () => {
        for (const command of ["start", "preview"]) {
          const args = [join(copy, "toolchain", "slipway.mjs"), command, "--stack", stack.name];
          const up = await begin("node", args, { XDG_STATE_HOME: join(copy, "state") }, copy).done;
          expectRefusal(up, "belongs to another Pulumi state", `file://${stack.state}`, "preflight.takeOver");
        }
      });
      expectNoFailure(tally, rows);
      expect({ containers: await outside.fingerprint(), journal: await journalOf(stack) }).toEqual(before);
    } finally {
      await restore();
      await rm(copy, { recursive: true });
    }
    await expectNoChanges(stack);
  });
});

describe("what a release needs is not there", () => {
  it("the disk is full at the backup point: refused, the old release serves, then it goes through", async () => {
    const before = await serving(outside);
    await stack.set(["slipway:image", "build", "args"], { VERSION: "2.4.1" });
    await stack.set(["slipway:app", "version"], "2.4.1");
    const { result, tally, rows } = await polled(bench, async () => {
      await disk.fill();
      return stack.slipway("start");
    });
    expectRefusal(result, "(backup-point):", /No space left on device|disk is full/i);
    expectNoFailure(tally, rows);
    expect(await serving(outside)).toEqual(before);
    await expectOneRelease(stack, 1);
  });

  it("the disk fills up in mid-release: undone, the old release serves, then it goes through", async () => {
    const before = await serving(outside);
    const killer = new Killer(stack);
    await disk.empty();
    const { result, tally, rows } = await polled(
      bench,
      async () => {
        const running = stack.begin("start");
        await killer.atPhase(running, "hold");
        await disk.fill();
        return running.done;
      },
      patientMs,
    );
    expectRefusal(result, 'phase "back-up"', /No space left on device|disk is full/i, "Undone: release");
    expectNoFailure(tally, rows);
    expect(await serving(outside)).toEqual(before);
    await expectOneRelease(stack, 1);
    await disk.empty();
    expectSuccess(await stack.slipway("start"));
    await expectOneRelease(stack, 1);
  });

  it("a registry that stops answering: refused, the old release serves", async () => {
    const registry = await SilentRegistry.listen();
    const restore = await stack.saved();
    try {
      const before = await outside.fingerprint();
      await stack.set(["slipway:image"], { ref: `127.0.0.1:${registry.port}/tmws:2.5.0` });
      const began = performance.now();
      // Without an answer by then the registry hangs up, so that the test ends.
      const hangUp = setTimeout(() => registry.hangUp(), 2 * patienceSeconds * 1000);
      const { result, tally, rows } = await polled(bench, () => stack.slipway("start"));
      clearTimeout(hangUp);
      expect((performance.now() - began) / 1000).toBeLessThan(patienceSeconds);
      expectRefusal(result, `the registry 127.0.0.1:${registry.port} does not answer`);
      expect(registry.asked).toBeGreaterThan(0);
      expectNoFailure(tally, rows);
      expect(await outside.fingerprint()).toEqual(before);
    } finally {
      await restore();
      await registry.close();
    }
    await expectNoChanges(stack);
  });
});
