import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { toEngine } from "../../components/container/engine-api.ts";
import { hardening, label, logRotation } from "../../components/container/spec.ts";
import { currentPolicies, policiesPath, readChecklists } from "../../ops/policies-page.ts";
import { policies, policyNames } from "../../policy/all.ts";
import { awsPolicies } from "../../policy/aws.ts";
import { managedPolicies } from "../../policy/aws-managed.ts";
import { boxesOf } from "../../policy/box.ts";
import { lines } from "../../policy/lines/all.ts";
import { checkRules, coverageOf } from "../../policy/lines/checks.ts";
import { later, type Planned, plainInputs } from "../../policy/planned.ts";
import { type Found, render } from "../../policy/policy.ts";
import { container } from "../doubles/stack.ts";
import { metrics, type PolicyCase, resourceCases, stackCases } from "../fixtures/policy/cases.ts";
import { type Case, files, limits, part, rollout, volume, workload } from "../fixtures/policy/parts.ts";

const urnOf = (name: string) => `urn:pulumi:case::slipway::${name}`;

function planned({ type, name, inputs, protect = false, from = {} }: Case): Planned {
  const follows = Object.fromEntries(Object.entries(from).map(([input, source]) => [input, [urnOf(source)]]));
  return { type, name, urn: urnOf(name), inputs, protect, follows };
}

/** What the pack says of a plan: policy, resource and words. */
function judged(cases: readonly Case[]): readonly { policy: string; name: string; words: string }[] {
  const plan = cases.map(planned);
  const named = (urn: string | undefined) => plan.find((each) => each.urn === urn)?.name ?? "?";
  return policies.flatMap((policy) => {
    const told = (found: Found, name: string) => ({ policy: policy.name, name, words: render(policy, found) });
    return policy.kind === "stack"
      ? policy.judge(plan).map((found) => told(found, named(found.urn)))
      : plan.flatMap((each) => policy.judge(each).map((found) => told(found, each.name)));
  });
}

/** In a plan of its own, a resource that stands alone is judged as such; limits and release steps are other rules' matter. */
const about = ({ policy, name }: PolicyCase, cases: readonly Case[], ofResource: boolean) =>
  judged([...cases, ...metrics])
    .filter(
      (one) =>
        one.name === name && (!ofResource || policies.find((each) => each.name === one.policy)?.kind === "resource"),
    )
    .map((one) => one.policy)
    .concat(policyNames.includes(policy) ? [] : ["no such policy"]);

describe("each policy", () => {
  test.each(resourceCases.map((one) => [one.policy, one] as const))("%s", (policy, one) => {
    expect(new Set(about(one, one.bad, true))).toEqual(new Set([policy]));
    expect(about(one, one.good, true)).toEqual([]);
  });

  test.each(stackCases.map((one) => [one.policy, one] as const))("%s, of a whole plan", (policy, one) => {
    const production = rollout("in-production", { environment: "production", webhook: "https://hooks.example.org" });
    const around = policy === "public-certificate" ? [production] : [];
    const stackWide = (cases: readonly Case[]) =>
      about(one, [...cases, ...around], false).filter(
        (name) => policies.find((each) => each.name === name)?.kind === "stack",
      );
    expect(new Set(stackWide(one.bad))).toEqual(new Set([policy]));
    expect(stackWide(one.good)).toEqual([]);
  });

  test("metrics-kept: only without Prometheus", () => {
    expect(judged([rollout("app")]).map(({ policy }) => policy)).toContain("metrics-kept");
    expect(judged([rollout("app"), ...metrics]).map(({ policy }) => policy)).not.toContain("metrics-kept");
  });

  test("has a case, a name of its own, lines, and words that mend", () => {
    const cased = [...resourceCases, ...stackCases].map(({ policy }) => policy);
    // Those of AWS have their violating plans in test/program/aws-policies.test.ts and aws-managed-policies.test.ts: no provider here could preview them.
    const elsewhere = [...awsPolicies, ...managedPolicies].map(({ name }) => name);
    expect([...cased, ...elsewhere, "metrics-kept"].sort()).toEqual([...policyNames].sort());
    expect(new Set(policyNames).size).toBe(policyNames.length);
    expect(policies.filter(({ name }) => !/^[a-z]+(-[a-z]+)*$/.test(name)).map(({ name }) => name)).toEqual([]);
    expect(policies.filter(({ guides, mend }) => guides.length === 0 || mend === "").map(({ name }) => name)).toEqual(
      [],
    );
  });
});

describe("what is told", () => {
  test("names place, value, what is allowed, lines and the command", () => {
    const told = judged([rollout("app", { workloads: [workload(), workload({ user: "0:0" })] }), ...metrics]);
    expect(told.find(({ policy }) => policy === "no-root")?.words).toBe(
      'workloads[1].container.user is "0:0"; allowed: a numeric user other than 0, as uid:gid; root is for edge and firewall alone, ' +
        'without capabilities but one (guide 001:288, 002:284). Mend: user: "1000:1000" in the system\'s file, and an image whose ' +
        "data directories belong to that user",
    );
  });

  test("never a secret, wherever it stands", () => {
    const secret = "hunter2-hunter2-hunter2";
    const env = {
      DB_PASSWORD: secret,
      DATABASE_URL: `postgresql://app:${secret}@postgres/app`,
      API_KEY: `your-${secret}`,
    };
    const told = judged([
      part("part", { envs: Object.entries(env).map(([name, value]) => `${name}=${value}`) }),
      rollout("app", { workloads: [workload({ env })], secretEnv: { app: { KEY: `your-${secret}` } } }),
    ]).map(({ words }) => words);
    expect(told.filter((words) => words.includes("DB_PASSWORD"))).toHaveLength(2);
    expect(told.filter((words) => words.includes("secretEnv.app.KEY is a placeholder"))).toHaveLength(1);
    expect(told.filter((words) => words.includes(secret))).toEqual([]);
  });

  test("not of what only sounds like one", () => {
    const env = {
      MAX_TOKENS: "4096",
      TOKENIZERS_PARALLELISM: "false",
      API_KEY_EXPIRE_DAYS: "90",
      PASSWORD_RESET_ENABLED: "true",
    };
    expect(
      judged([rollout("app", { workloads: [workload({ env })] })]).filter(
        ({ policy }) => policy === "secrets-encrypted",
      ),
    ).toEqual([]);
  });

  test("of a workload's volume whatever it is called, of a part's only where data are", () => {
    const mount = (source: string) => ({ type: "volume", source, target: "/somewhere" });
    const plan = [
      rollout("app", { workloads: [workload({ mounts: [{ volume: "slipway-case_config", path: "/app/config" }] })] }),
      part("edge", { mounts: [mount("slipway-case_run"), mount("slipway-case_edge-data")] }),
      volume("config", "config", false),
      volume("run", "run", false),
      volume("edge-data", "edge-data", false),
    ];
    const named = judged(plan).filter(({ policy }) => policy === "data-volumes-protected");
    expect(named.map(({ name }) => name)).toEqual(["config", "edge-data"]);
  });

  test("of raw TCP without TLS as of raw TCP for everybody", () => {
    const config = (lines: readonly string[]) =>
      files("switch", "haproxy.cfg", ["frontend public-3001", ...lines, ""].join("\n"));
    const tls = "  bind :9001 ssl crt /etc/tcp.pem ssl-min-ver TLSv1.2";
    const list = "  tcp-request connection reject unless { src -f /etc/tcp-allow }";
    const told = (lines: readonly string[]) => judged([config(lines)]).map(({ policy }) => policy);
    expect(told([tls, list])).toEqual([]);
    for (const lines of [[tls], ["  bind :9001", list], [tls.replace("1.2", "1.1"), list]])
      expect(told(lines)).toEqual(["raw-tcp-guarded"]);
  });

  test("of the host's cgroups in any hands but those of what counts containers, which may not write them", () => {
    const seen = (name: string, mount: Readonly<Record<string, unknown>>) =>
      judged([
        part("counts", { labels: [{ label: label.part, value: name }], mounts: [{ type: "bind", ...mount }] }),
        limits("counts"),
      ]).filter(({ policy }) => policy === "no-engine-socket").length;
    const cgroups = { source: "/sys/fs/cgroup", target: "/sys/fs/cgroup", readOnly: true };
    expect(seen("container-exporter", cgroups)).toBe(0);
    expect(seen("container-exporter", { ...cgroups, readOnly: false })).toBe(1);
    expect(seen("container-exporter", { ...cgroups, source: "/sys" })).toBe(1);
    expect(seen("redis", cgroups)).toBe(1);
    const sees = { ...container("container-exporter", "sha256:app"), hostCgroups: true };
    const release = rollout("app", { workloads: [{ container: sees, replicas: 1, duty: {} }] });
    expect(judged([release]).map(({ policy }) => policy)).toContain("no-engine-socket");
  });

  test("nothing of what only the update will know", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const inputs = plainInputs({ image: unknown, labels: [{ label: "a", value: unknown }], secretEnv: unknown });
    expect(inputs).toEqual({ image: later, labels: [{ label: "a", value: later }], secretEnv: later });
    const { type, name, inputs: own } = part("part");
    expect(judged([{ type, name, inputs: { ...own, image: later } }]).map(({ policy }) => policy)).toEqual([
      "cpu-and-pids-limited",
    ]);
  });

  test("inputs behind a proxy that throws at an unknown value", () => {
    const throwing = new Proxy({ image: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }, { get: () => expect.unreachable() });
    expect(plainInputs(throwing)).toEqual({ image: later });
  });
});

test("a workload's container is judged as the engine gets it", () => {
  const spec = { ...container("app", "sha256:app"), stopGraceSeconds: 30 };
  const { HostConfig: host } = toEngine(spec);
  const [box] = boxesOf(planned(rollout("app", { workloads: [{ container: spec, replicas: 1, duty: {} }] })));
  expect({
    memory: box?.memoryMb,
    swap: box?.swapMb,
    dropped: box?.dropped,
    added: box?.added,
    root: box?.readOnlyRoot,
    options: box?.securityOptions,
    log: box?.log,
  }).toEqual({
    memory: Number(host?.Memory) / 1024 / 1024,
    swap: Number(host?.MemorySwap) / 1024 / 1024,
    dropped: host?.CapDrop,
    added: host?.CapAdd,
    root: host?.ReadonlyRootfs,
    options: host?.SecurityOpt,
    log: host?.LogConfig?.Config,
  });
  expect(box?.securityOptions).toEqual(hardening.securityOptions);
  expect(box?.log).toEqual(logRotation);
});

describe("the guides' lines", () => {
  /** Every checklist line of the five guides and every line that a policy cites, word for word. */
  const texts = z
    .record(z.string(), z.string().min(1))
    .parse(JSON.parse(readFileSync(new URL("../fixtures/policy/guide-lines.json", import.meta.url), "utf8")));
  const cited = new Set(policies.flatMap(({ guides }) => guides));

  test("that policies cite are the guides' own", () => {
    expect([...cited, ...lines.map(({ guide }) => guide)].filter((guide) => !Object.hasOwn(texts, guide))).toEqual([]);
  });

  test("of the checklists are all there", () => {
    const boxes = Object.keys(texts).filter((guide) => /^- \[[ x]\]/.test(texts[guide] ?? ""));
    expect(boxes.length).toBe(89);
    expect(boxes.filter((guide) => !lines.some((line) => line.guide === guide))).toEqual([]);
  });

  test("are each held by a policy, or say why no plan shows them", () => {
    expect(lines.filter(({ guide, because }) => cited.has(guide) === (because !== undefined))).toEqual([]);
  });
});

describe("the systems' checklists", () => {
  const checks = Object.values(readChecklists()).flat();

  test("tell of every entry what a plan shows of it", () => {
    expect(checks.length).toBeGreaterThan(300);
    expect(checks.flatMap((check) => coverageOf(check).by).filter((name) => !policyNames.includes(name))).toEqual([]);
  });

  test("need every rule", () => {
    const used = new Set(
      checks.map(({ what, name }) =>
        checkRules.find((rule) => (rule.what?.test(what) ?? true) && (rule.name?.test(name) ?? true)),
      ),
    );
    expect(checkRules.filter((rule) => !used.has(rule))).toEqual([]);
  });

  test("refuse an entry of a kind that nobody thought of", () => {
    expect(() => coverageOf({ what: "dance", name: "a step" })).toThrow(
      'no rule tells whether a plan shows dance "a step"',
    );
  });
});

test("docs/policies.md is written as the pack is; mend with npm run docs", () => {
  expect(readFileSync(policiesPath, "utf8")).toBe(currentPolicies());
});
