import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { alembic, revisionsOldestFirst } from "../../../components/migration/spec.ts";
import apart from "../../../components/proof/apart.step.ts";
import keyStep from "../../../components/proof/key.step.ts";
import { prove } from "../../../components/proof/reconcile.ts";
import { equalSecrets, hashSecrets } from "../../../components/proof/secrets.ts";
import { isSignedBy, newKeyPair } from "../../../components/proof/sign.ts";
import { type ProofInputs, readProof, type SignedProof } from "../../../components/proof/spec.ts";
import step from "../../../components/proof/step.ts";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import rolloutStep from "../../../components/rollout/step.ts";
import { smokeTest } from "../../../components/smoke-test/reconcile.ts";
import { messageOf } from "../../../components/steps/failure.ts";
import { promotedBy } from "../../../components/steps/journal.ts";
import { useClock } from "../../doubles/clock.ts";
import {
  newImage,
  newStack,
  oldImage,
  place,
  rolloutInputs,
  type Stack,
  schemaOf,
  smokeInputs,
  unhealthyImage,
} from "../../doubles/stack.ts";
import { digest } from "../../fixtures/proof.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

const keys = newKeyPair();
let stack: Stack;
let folder: string;

beforeEach(() => {
  stack = newStack();
  folder = mkdtempSync(join(tmpdir(), "slipway-proof-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function inputs(release: string, changes: Partial<ProofInputs> = {}): ProofInputs {
  return {
    host: "unix:///nowhere.sock",
    place,
    release,
    version: "2.4.0",
    image: { name: `registry.example.org/tmws:2.4@${digest}`, id: newImage, digest, commit: "0a1b2c3" },
    user: "1000:1000",
    parts: { redis: "redis:8" },
    fingerprint: { hash: "00", values: { "app.logLevel": "INFO" } },
    schema: { ...schemaOf("b"), history: alembic.history },
    probes: ["healthy", "imports"],
    reports: { imports: ["3 rows"] },
    signOffs: { review: "2.4.0" },
    secrets: { apiKey: "the-api-key-0" },
    ...keys,
    file: "proof.json",
    renew: "",
    ...changes,
  };
}

async function released(image = newImage, revision = "b"): Promise<string> {
  const { release } = await rollOut(stack.host, rolloutInputs(image, revision));
  await smokeTest(stack.host, smokeInputs(release, image));
  return release;
}

function signedIn(outputs: Awaited<ReturnType<typeof prove>>): SignedProof {
  if ("none" in outputs.proof) throw new Error(outputs.proof.none);
  return outputs.proof;
}

describe("the proof of a release that passed", () => {
  test("says what passed, signed; its file holds the same, and nothing else is left on the host", async () => {
    const release = await released();
    const signed = signedIn(await prove(stack.host, inputs(release), folder));
    expect(signed.proof).toEqual({
      format: 1,
      system: "tmws",
      version: "2.4.0",
      stack: "test",
      release,
      provedAt: expect.stringMatching(/^2026-01-01T00:0\d:\d\d\.\d{3}Z$/),
      commit: "0a1b2c3",
      image: { name: `registry.example.org/tmws:2.4@${digest}`, digest },
      parts: { redis: "redis:8" },
      fingerprint: { hash: "00", values: { "app.logLevel": "INFO" } },
      schema: { revision: "b", history: ["a", "b"] },
      probes: [
        { name: "healthy", passed: true },
        { name: "imports", passed: true },
      ],
      reports: { imports: ["3 rows"] },
      signOffs: { review: "2.4.0" },
      secrets: {
        salt: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
        hashes: { apiKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) },
      },
    });
    expect(isSignedBy(signed, keys.publicKey)).toBe(true);
    const written: unknown = JSON.parse(readFileSync(join(folder, "proof.json"), "utf8"));
    expect(written).toEqual(signed);
    expect(readProof(written)).toEqual(signed);
    expect(JSON.stringify(written)).not.toContain("the-api-key-0");
    expect(stack.host.roles()).toEqual(["workload"]);
  });

  test("is not written where no file is wanted", async () => {
    const signed = signedIn(await prove(stack.host, inputs(await released(), { file: "" }), folder));
    expect(signed.proof.version).toBe("2.4.0");
    expect(() => readFileSync(join(folder, "proof.json"))).toThrow("ENOENT");
  });

  test("names the target alone where the system's image tells no history", async () => {
    const { history: _, ...schema } = inputs("").schema;
    const signed = signedIn(await prove(stack.host, inputs(await released(), { schema }), folder));
    expect(signed.proof.schema).toEqual({ revision: "b", history: ["b"] });
  });

  test("is refused where the history does not name what was released", async () => {
    const release = await released();
    await expect(
      prove(stack.host, inputs(release, { schema: { ...schemaOf("c"), history: alembic.history } }), folder),
    ).rejects.toThrow(
      "`alembic history` does not name c, the revision that was released; it printed:\na -> b (head), made by a test\n<base> -> a, made by a test",
    );
  });
});

describe("no proof", () => {
  test("of an image that no registry has: says so and what to do", async () => {
    const image = { name: "slipway/tmws:0123", id: newImage, digest: "", commit: "" };
    expect(await prove(stack.host, inputs("r1", { image }), folder)).toEqual({
      proof: {
        none:
          "there is no proof: the image slipway/tmws:0123 was built on this machine and no registry has it, so production could not run exactly this one. " +
          "Push it and let this stack take it from there: docker tag slipway/tmws:0123 <registry>/<repository>:<tag> && docker push <registry>/<repository>:<tag>, then " +
          "`pulumi config rm --path slipway:image.build --stack test && pulumi config set --path slipway:image.ref <registry>/<repository>:<tag> --stack test` and the same `up` again",
      },
    });
  });

  test("of a release that does not serve any more, or was never proved", async () => {
    const first = await released(oldImage, "a");
    const { release } = await rollOut(stack.host, rolloutInputs(newImage, "b"));
    const words = "run the same command again to release it";
    await expect(prove(stack.host, inputs(release), folder)).rejects.toThrow(
      `release ${release} serves and ${first} was proved last, not ${release}; ${words}`,
    );
    await expect(prove(stack.host, inputs(first), folder)).rejects.toThrow(
      `release ${release} serves and ${first} was proved last, not ${first}; ${words}`,
    );
  });
});

describe("when the step runs", () => {
  const before = { ...inputs("r1"), proof: {}, __provider: "text" };

  test.each<[string, Partial<ProofInputs>]>([
    ["release", { release: "r2" }],
    ["renew", { renew: "today" }],
    ["signOffs", { signOffs: { suites: "2.4.0" } }],
    ["fingerprint", { fingerprint: { hash: "01", values: {} } }],
    ["file", { file: "other.json" }],
  ])("for another %s", (name, change) => {
    expect(step.changed(before, { ...inputs("r1"), ...change })).toEqual([name]);
  });

  test("and for nothing else", () => {
    expect(step.changed(before, { ...inputs("r1") })).toEqual([]);
  });

  test("the key is made once", async () => {
    expect(keyStep.changed({}, { any: 1 })).toEqual([]);
    const made = await keyStep.reconcile({});
    expect(made.publicKey).toMatch(/^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/);
    expect((await keyStep.reconcile({})).publicKey).not.toBe(made.publicKey);
  });
});

describe("secrets", () => {
  test("are found by their value under whatever name, once each", async () => {
    const proved = await hashSecrets({ there: "the-same-secret", another: "not-the-same" });
    const own = { "app.key": "the-same-secret", twice: "the-same-secret", own: "only-here" };
    expect(await equalSecrets(own, proved)).toEqual([{ here: "app.key", there: "there" }]);
  });

  test("that a stack generated are compared before anything is released", async () => {
    const proved = await hashSecrets({ "redis.password": "the-same-secret", apiKey: "another-secret" });
    const own = {
      place,
      from: "staging",
      proved,
      secrets: { "redis.password": "the-same-secret", apiKey: "its-own" },
      shared: [],
    };
    const failure = await apart.reconcile(own).then(() => "", messageOf);
    expect(failure).toMatch(
      /^the secret redis\.password is the same as redis\.password of stack staging: who knows it there knows it here\. .*--stack test`$/,
    );
    expect(failure).not.toContain("the-same-secret");
    expect(await apart.reconcile({ ...own, shared: ["redis.password"] })).toEqual({});
    expect(await apart.reconcile({ ...own, secrets: { apiKey: "its-own" } })).toEqual({});
  });

  test("two proofs of one secret have nothing in common", async () => {
    const [one, two] = [await hashSecrets({ a: "the-same-secret" }), await hashSecrets({ a: "the-same-secret" })];
    expect(one.salt).not.toBe(two.salt);
    expect(one.hashes["a"]).not.toBe(two.hashes["a"]);
  });
});

test("what is no proof is told in words", () => {
  expect(readProof({ none: "there is no proof: why" })).toEqual({ none: "there is no proof: why" });
  expect(readProof("")).toEqual({
    none: "nothing is proved there: only an update of a stack whose environment is staging proves",
  });
  expect(readProof("x")).toEqual({
    none: expect.stringMatching(/^what was found is no proof of this version of Slipway/),
  });
  expect(readProof({ proof: { format: 2 }, key: "", signature: "" })).toEqual({
    none: expect.stringContaining("proof.format"),
  });
});

test("revisions, oldest first, as Alembic prints them and as a plain list", () => {
  expect(
    revisionsOldestFirst(
      "b, c -> d (head) (mergepoint), both\na -> c, y\na -> b, x\n<base> -> a (branchpoint), first\n",
    ),
  ).toEqual(["a", "b", "c", "d"]);
  expect(revisionsOldestFirst("INFO  [alembic] x\n0001_base\n0002_intent\n")).toEqual(["0001_base", "0002_intent"]);
});

describe("what a stack was promoted by", () => {
  const by = (image: string, proof?: string) =>
    rolloutInputs(image, image === oldImage ? "a" : "b", undefined, proof === undefined ? {} : { proof });
  const promoted = () => promotedBy(stack.host.journal() ?? { version: 2, bad: [] });

  test("is known once the release serves, and stays when only another part was promoted", async () => {
    await rollOut(stack.host, by(oldImage, "first"));
    expect(promoted()).toBe("first");
    await rollOut(stack.host, by(oldImage, "second"));
    expect(promoted()).toBe("second");
  });

  test("is not what was undone: that one waits for its time again", async () => {
    await rollOut(stack.host, by(oldImage, "first"));
    await rollOut(stack.host, by(unhealthyImage, "bad")).catch(() => undefined);
    expect(promoted()).toBeUndefined();
  });

  test("is forgotten by a direct release", async () => {
    await rollOut(stack.host, by(oldImage, "first"));
    await rollOut(stack.host, by(newImage));
    expect(promoted()).toBeUndefined();
  });

  test("is known while it is cut off: whoever mends it need not wait", () => {
    const open = { release: "r2", phase: "start", held: true };
    const promotion = { content: "x", before: "none" };
    expect(promotedBy({ version: 2, bad: [], promoted: promotion, open })).toBe("x");
    expect(promotedBy({ version: 2, bad: [], promoted: promotion })).toBeUndefined();
  });

  test("another proof is a reason to run, another note is none", () => {
    expect(rolloutStep.changed({ ...by(oldImage, "first") }, { ...by(oldImage, "second") })).toEqual(["proof"]);
    expect(rolloutStep.changed({ ...by(oldImage, "first") }, { ...by(oldImage, "first"), note: "x" })).toEqual([]);
  });
});
