import { describe, expect, test } from "vitest";
import { newKeyPair } from "../../../components/proof/sign.ts";
import { contentOf, type Proof } from "../../../components/proof/spec.ts";
import type { Settings } from "../../../infra/config/settings.ts";
import { refusalsOf } from "../../../infra/release/gate.ts";
import { renderRefusals } from "../../../infra/release/refusal.ts";
import { digest, keys, now, proof, receiver, signed } from "../../fixtures/proof.ts";
import { productionSettings } from "../../fixtures/settings.ts";

const other = `sha256:${"f".repeat(64)}`;
const set = (option: string, value: string, stack = "production") =>
  `pulumi config set --path ${/^[\w.:-]+$/.test(option) ? `slipway:${option}` : `'slipway:${option}'`} ${value} --stack ${stack}`;
const whats = (changes: Partial<Proof>, ...args: Parameters<typeof receiver>) =>
  refusalsOf(signed(changes), receiver(...args), now).map(({ what }) => what);
const one = (changes: Partial<Proof>, ...args: Parameters<typeof receiver>) => {
  const found = refusalsOf(signed(changes), receiver(...args), now);
  expect(found).toHaveLength(1);
  return found[0];
};

test("a good proof is taken", () => {
  expect(refusalsOf(signed(), receiver(), now)).toEqual([]);
  expect(refusalsOf(signed(), receiver({ revision: undefined }), now)).toEqual([]);
});

describe("whose proof it is", () => {
  test("none: why, and how to get one", () => {
    const none = { none: "nothing was proved yet" };
    expect(refusalsOf(none, receiver(), now)).toEqual([
      {
        what: "there is no proof in the output `proof` of stack staging: nothing was proved yet",
        mend: "npm start -- --stack staging",
      },
    ]);
    expect(refusalsOf(none, receiver({}, { from: undefined, file: "proof.json" }), now)).toEqual([
      {
        what: "there is no proof in the file proof.json: nothing was proved yet",
        mend: "npm start -- --stack staging, then npm run -s proof -- --stack staging > proof.json",
      },
    ]);
  });

  test("another key: nothing in it is believed", () => {
    const { publicKey } = newKeyPair();
    const found = refusalsOf(signed({ probes: [] }), receiver({}, { key: publicKey }), now);
    expect(found).toEqual([
      {
        what: `the proof is signed by a key that this stack does not trust (${keys.publicKey})`,
        mend: `when \`pulumi stack output proofKey --stack staging\` prints that key, and you trust that stack: ${set("promotion.key", keys.publicKey)}`,
      },
    ]);
  });

  test.each<[string, Partial<Proof>]>([
    ["version", { version: "2.4.1" }],
    ["image", { image: { name: proof.image.name, digest: other } }],
    ["sign-off", { signOffs: { ...proof.signOffs, review: "2.4.0: nobody" } }],
    ["time", { provedAt: "2026-11-27T00:00:00.000Z" }],
    ["a secret's hash", { secrets: { salt: "c2FsdA==", hashes: { x: "y" } } }],
  ])("another %s than was signed", (_, change) => {
    const forged = { ...signed(), proof: { ...proof, ...change } };
    expect(refusalsOf(forged, receiver(), now)).toEqual([
      {
        what: "the proof of stack staging was changed after it was signed",
        mend: "take it again from where it was made: npm run -s proof -- --stack staging > proof.staging.json",
      },
    ]);
  });

  test("a forger who signs with a key of his own and names the trusted one", () => {
    const forged = { ...signed({ version: "6.6.6" }), key: keys.publicKey, signature: signed().signature };
    expect(refusalsOf(forged, receiver(), now)[0]?.what).toContain("changed after it was signed");
  });
});

describe("what was proved", () => {
  test("another system", () => {
    expect(one({ system: "tria" })).toEqual({
      what: "stack staging proved the system tria, stack production runs tmws",
      mend: `take the proof of a stack that runs tmws: ${set("promotion.from", "'<stack>'")}`,
    });
  });

  test("another version", () => {
    expect(one({ version: "2.4.1", signOffs: { suites: "2.4.1", review: "2.4.1", rollbackPlan: "2.4.1" } })).toEqual({
      what: "version 2.4.1 was proved on stack staging, stack production wants 2.4.0",
      mend: `${set("app.version", "2.4.1")}; or prove 2.4.0 on staging`,
    });
  });

  test("a failed probe, and one that was not asked", () => {
    const [first, ...rest] = proof.probes;
    expect(whats({ probes: [...rest, { name: first?.name ?? "", passed: false }] })).toEqual([
      `the probe "${first?.name}" failed on stack staging`,
    ]);
    expect(one({ probes: rest })).toEqual({
      what: `the probe "${first?.name}" was not asked on stack staging`,
      mend: "npm start -- --stack staging",
    });
  });

  test("a missing sign-off, and one that speaks of an earlier version", () => {
    const { suites, rollbackPlan } = proof.signOffs;
    const mend = `${set("proof.signOffs.review", "'2.4.0: <who, and where it is written>'", "staging")} && npm start -- --stack staging`;
    expect(one({ signOffs: { suites: suites ?? "", rollbackPlan: rollbackPlan ?? "" } })).toEqual({
      what: "nobody signed off review on stack staging",
      mend,
    });
    expect(one({ signOffs: { ...proof.signOffs, review: "2.3.9: change 11" } })).toEqual({
      what: 'the sign-off review of stack staging ("2.3.9: change 11") names neither version 2.4.0 nor the commit or digest: it may speak of an earlier one',
      mend,
    });
  });

  test("only the sign-offs that the stack wants", () => {
    expect(whats({ signOffs: { suites: `run 17 of ${digest.slice(7, 19)}` } }, {}, { signOffs: ["suites"] })).toEqual(
      [],
    );
    expect(whats({ signOffs: {} }, {}, { signOffs: [] })).toEqual([]);
  });
});

describe("the schema", () => {
  test.each(["20251124_v2_license", "315d506e2598"])("goes forward from %s", (revision) => {
    expect(whats({}, { revision })).toEqual([]);
  });

  test("does not go backwards: the image does not know what the data are at", () => {
    expect(one({}, { revision: "20260301_v3" })).toEqual({
      what: "the schema would go backwards: the data of stack production are at 20260301_v3, which is not among the revisions that lead to the proved 20251124_v2_license (315d506e2598, 20251124_v2_license)",
      mend: `prove an image that knows 20260301_v3 on staging; to go back on purpose: ${set("release", "direct")}, with the older image in image.ref and the way in rollout.back`,
    });
  });

  test("nor to an earlier revision that the image knows as well", () => {
    const schema = { revision: "20251124_v2_license", history: ["315d506e2598", "20251124_v2_license", "20260301_v3"] };
    expect(whats({ schema }, { revision: "20260301_v3" })[0]).toMatch(/^the schema would go backwards/);
  });

  test("another target than the stack's own", () => {
    const schema = { revision: "20260301_v3", history: ["315d506e2598", "20260301_v3"] };
    expect(whats({ schema })).toEqual([
      "schema revision 20260301_v3 was proved on stack staging, stack production wants 20251124_v2_license",
    ]);
  });
});

describe("the images", () => {
  const ref = (text: string): Settings => ({ ...productionSettings, image: { kind: "ref", ref: text } });
  const withRef = (text: string) => {
    const own = receiver();
    return { ...own, settings: { ...own.settings, image: ref(text).image } };
  };

  test("the config's own image must be the proved one; its tag is nobody's question", () => {
    expect(refusalsOf(signed(), withRef(`registry.example.org/tmws:stable@${digest}`), now)).toEqual([]);
    for (const wrong of [
      `registry.example.org/tmws:2.4@${other}`,
      `other.example.org/tmws:2.4@${digest}`,
      "registry.example.org/tmws:2.4",
    ])
      expect(refusalsOf(signed(), withRef(wrong), now)).toEqual([
        {
          what: `image.ref is ${wrong} here, and registry.example.org/tmws:2.4@${digest} was proved on stack staging`,
          mend: "take the proved one, which needs no word of it: pulumi config rm --path slipway:image.ref --stack production; or prove this one on staging",
        },
      ]);
  });

  test("an official part is the proved digest of the same tag; another tag is another image", () => {
    expect(whats({}, { parts: { redis: "redis:9" } })).toEqual([
      `the image of redis is redis:9 here, and was redis:8@${digest} when stack staging was proved`,
    ]);
  });

  test("a built part has the same content", () => {
    expect(one({}, { parts: { prometheus: "slipway/prometheus:4567" } })).toEqual({
      what: "the image of prometheus is slipway/prometheus:4567 here, and was slipway/prometheus:0123 when stack staging was proved",
      mend: "promote from the checkout that was proved, on a host with the same base image: docker save slipway/debian:trixie on the one, docker load on the other",
    });
  });

  test("a part that staging did not have", () => {
    expect(whats({}, { parts: { ollama: "ollama/ollama:0.12.6" } })).toEqual([
      "ollama would run here (ollama/ollama:0.12.6), and there was none when stack staging was proved",
    ]);
  });
});

describe("the config", () => {
  const changed = (app: Partial<Settings["app"]>): Settings => ({
    ...productionSettings,
    app: { ...productionSettings.app, ...app },
  });

  test("another value: with the command that takes the proved one, and the two other ways", () => {
    expect(one({}, {}, {}, changed({ logLevel: "WARNING" }))).toEqual({
      what: 'app.logLevel is "WARNING" here, and was "INFO" when stack staging was proved',
      mend: `${set("app.logLevel", "INFO")}; or prove this value on staging; or accept it: ${set("promotion.mayDiffer[0]", "app.logLevel")}`,
    });
  });

  test("a value that only this stack has", () => {
    expect(
      one({}, {}, { mayDiffer: ["app.x"] }, changed({ extraEnv: { ...productionSettings.app.extraEnv, NEW: "1" } })),
    ).toEqual({
      what: 'app.extraEnv.NEW is "1" here, and was not set when stack staging was proved',
      mend: `pulumi config rm --path 'slipway:app.extraEnv.NEW' --stack production; or prove this value on staging; or accept it: ${set("promotion.mayDiffer[1]", "app.extraEnv.NEW")}`,
    });
  });

  test("a list of this stack's own origin is the same; a value with a mark in it is told as this stack writes it", () => {
    expect(one({}, {}, {}, changed({ corsOrigins: ["https://elsewhere.example"] }))?.mend).toContain(
      set("app.corsOrigins[0]", "https://tmws.example.org"),
    );
  });

  test("another version is told once, and so is another schema", () => {
    const own = changed({ version: "2.5.0", schemaRevision: "20260301_v3" });
    expect(whats({}, {}, {}, own)).toEqual([
      "version 2.4.0 was proved on stack staging, stack production wants 2.5.0",
      "schema revision 20251124_v2_license was proved on stack staging, stack production wants 20260301_v3",
    ]);
  });

  test("accepted ones are not told", () => {
    expect(
      whats({}, {}, { mayDiffer: ["app.logLevel", "app.extraEnv"] }, changed({ logLevel: "ERROR", extraEnv: {} })),
    ).toEqual([]);
  });

  test("a secret variable that one of them lacks", () => {
    expect(one({}, {}, {}, changed({ secretEnv: {} }))).toEqual({
      what: "the secret variable OPENAI_API_KEY of app is missing here, and was set when stack staging was proved",
      mend: `give both stacks the same variables, or accept it: ${set("promotion.mayDiffer[0]", "secretVariables.app.OPENAI_API_KEY")}`,
    });
  });
});

describe("a secret that both stacks have", () => {
  const equal = [{ here: "app.secretEnv.OPENAI_API_KEY", there: "app.secretEnv.OPENAI_API_KEY" }];

  test("is refused by name, never by value", () => {
    expect(one({}, { equal })).toEqual({
      what: "the secret app.secretEnv.OPENAI_API_KEY is the same as app.secretEnv.OPENAI_API_KEY of stack staging: who knows it there knows it here",
      mend: `a new one: pulumi config set --path 'slipway:app.secretEnv.OPENAI_API_KEY' --secret --stack production; or, where a vendor gives but one: ${set("promotion.sharedSecrets[0]", "app.secretEnv.OPENAI_API_KEY")}`,
    });
  });

  test("is accepted by name", () => {
    expect(whats({}, { equal }, { sharedSecrets: ["app.secretEnv.OPENAI_API_KEY"] })).toEqual([]);
  });
});

describe("the clock", () => {
  const at = (
    time: string,
    promotion: Partial<Settings["promotion"]> = {},
    more: Parameters<typeof receiver>[0] = {},
  ) => refusalsOf(signed(), receiver(more, promotion), new Date(time));

  test("a proof soaks, to the second", () => {
    expect(at("2026-11-28T05:00:00Z")).toEqual([]);
    expect(at("2026-11-28T04:59:59Z")).toEqual([
      {
        what: "the proof of stack staging is 59 min old and must have soaked for 1 h",
        mend: `wait until 2026-11-28T05:00:00.000Z, then the same command; to want less: ${set("promotion.soakMinutes", "59")}`,
        time: true,
      },
    ]);
  });

  test("one from a clock that is ahead has not soaked either", () => {
    expect(at("2026-11-28T03:00:00Z", { soakMinutes: 0 })[0]?.what).toBe(
      "the proof of stack staging is 0 min old and must have soaked for 0 min",
    );
  });

  test("a proof grows old, to the second", () => {
    expect(at("2026-12-05T04:00:00Z")).toEqual([]);
    expect(at("2026-12-05T04:00:01Z")).toEqual([
      {
        what: "the proof is 7 d old, at most 7 d are taken",
        mend: `prove it again: ${set("proof.renew", "'<today>'", "staging")} && npm start -- --stack staging`,
        time: true,
      },
    ]);
  });

  const window = { from: "02:00", to: "04:00", timeZone: "America/New_York", days: undefined };

  test("outside of the window: when it opens, and how to say why not", () => {
    expect(at("2026-11-28T07:30:00Z", { window })).toEqual([]);
    expect(at("2026-11-28T12:00:00Z", { window })).toEqual([
      {
        what: "the deployment window is closed (02:00-04:00 America/New_York; there it is Sat 2026-11-28 07:00): it opens next at Sun 2026-11-29 02:00 there, 2026-11-29T07:00:00.000Z",
        mend: `wait for it; or say why not: ${set("promotion.override", "'<reason>'")}`,
        time: true,
      },
    ]);
    expect(at("2026-11-28T12:00:00Z", { window, override: "the outage of order 4711" })).toEqual([]);
  });

  test("an override is of the window alone", () => {
    expect(
      at("2026-11-28T04:10:00Z", { window, override: "the outage of order 4711" }).map(({ what }) => what),
    ).toEqual(["the proof of stack staging is 10 min old and must have soaked for 1 h"]);
  });

  test("a stack that was promoted by the very same things is mended at any hour; other things wait", () => {
    const promoted = contentOf(proof);
    expect(at("2026-12-31T12:00:00Z", { window }, { promoted })).toEqual([]);
    expect(at("2026-12-31T12:00:00Z", { window }, { promoted: "0123456789abcdef" })).toHaveLength(2);
  });
});

test("the content of a renewed proof is the same, that of another image, part, config or revision is not", () => {
  const same: Partial<Proof> = {
    provedAt: "2026-12-01T00:00:00.000Z",
    release: "r2",
    signOffs: {},
    reports: { x: ["y"] },
  };
  expect(contentOf({ ...proof, ...same })).toBe(contentOf(proof));
  const changes: readonly Partial<Proof>[] = [
    { image: { ...proof.image, digest: other } },
    { parts: { ...proof.parts, redis: `redis:8@${other}` } },
    { fingerprint: { ...proof.fingerprint, hash: "0" } },
    { schema: { ...proof.schema, revision: "x" } },
  ];
  expect(new Set([proof, ...changes.map((change) => ({ ...proof, ...change }))].map(contentOf)).size).toBe(5);
});

test("all reasons are told at once", () => {
  const found = refusalsOf(signed({ signOffs: {}, probes: [] }), receiver({ revision: "x" }, { maxAgeHours: 1 }), now);
  expect(renderRefusals(found, "production")).toMatch(
    /^The promotion to production is refused for \d+ reasons; nothing was changed\.\n\n {2}the schema would go backwards.*\n {4}mend: /,
  );
  expect(found.length).toBeGreaterThan(5);
});
