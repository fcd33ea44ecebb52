import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { alertmanagerConfig, type Telling, tellsSomebody } from "../../../components/alertmanager/routes.ts";
import { alertmanagerFiles } from "../../../components/alertmanager/spec.ts";
import { alertsOf, rulesFile } from "../../../components/alerts/rules.ts";
import { scaledExpr } from "../../../components/alerts/scale.ts";
import { runbookOf, secondsOf } from "../../../components/alerts/spec.ts";
import { emptyJournal, type Release } from "../../../components/steps/journal.ts";
import { backupSamples, drillSamples, exposition, releaseSamples } from "../../../components/steps/metrics.ts";
import { checkout } from "../../../ops/stack-file.ts";
import { cases } from "../../fixtures/alert-cases.ts";
import lines from "../../fixtures/alert-lines.json" with { type: "json" };
import { watchedSystems } from "../../fixtures/alerts.ts";
import troubleshooting from "../../fixtures/troubleshooting.json" with { type: "json" };

const all = [...watchedSystems.values()].flatMap(alertsOf);
const names = [...new Set(all.map(({ name }) => name))].sort();
const ofGuide: Readonly<Record<string, readonly string[]>> = {
  "000": ["tmws"],
  "001": ["tmws", "tmws-2.3"],
  "002": ["aidis"],
  "003": ["tria"],
  "004": ["diligence"],
};

describe("the guides' lines", () => {
  test("each has its alert in the guide's own system, or the reason why no rule can hold it", () => {
    const missing = lines.flatMap(({ guide, line, alerts = [], reason = "" }) => {
      const own = (ofGuide[guide] ?? []).flatMap((system) => {
        const watched = watchedSystems.get(system);
        return watched === undefined ? [] : alertsOf(watched).map(({ name }) => name);
      });
      if (alerts.length === 0) return reason.length > 20 ? [] : [`${guide} ${line}: no reason`];
      return alerts.filter((name) => !own.includes(name)).map((name) => `${guide} ${line}: ${name}`);
    });
    expect(missing).toEqual([]);
    const held = lines.filter(({ alerts = [] }) => alerts.length > 0).length;
    console.log(
      `${lines.length} guide lines: ${held} held by alerts, ${lines.length - held} with a reason; ${names.length} alerts`,
    );
    expect(new Set(lines.map(({ guide }) => guide))).toEqual(new Set(Object.keys(ofGuide)));
  });

  test("every troubleshooting case stands in the runbook that is named for it", () => {
    const missing = troubleshooting.filter(({ guide, case: wanted, runbook }) => {
      const text = readFileSync(join(checkout, runbookOf(runbook)), "utf8");
      return !text.includes(`- guide ${guide}, ${wanted}: `);
    });
    expect(missing).toEqual([]);
    expect(troubleshooting.length).toBeGreaterThan(30);
  });
});

test("every alert has a runbook and cases, and each of these an alert", () => {
  const books = readdirSync(join(checkout, "docs", "runbooks")).map((file) => file.replace(/\.md$/, ""));
  expect(books.sort()).toEqual(names);
  expect(Object.keys(cases).sort()).toEqual(names);
});

test("what silences an alert is an alert, of this or of another system", () => {
  const unknown = all.flatMap(({ silencedBy = [] }) => silencedBy).filter((name) => !names.includes(name));
  expect(unknown).toEqual([]);
});

describe("the rules", () => {
  test("without a source its alerts are not there", () => {
    const tmws = watchedSystems.get("tmws");
    if (tmws === undefined) throw new Error("no tmws");
    const bare = alertsOf({ ...tmws, sources: new Set(["switch", "watch"]) });
    expect(new Set(bare.map(({ source }) => source))).toEqual(new Set(["switch", "watch"]));
    expect(bare.map(({ name }) => name)).toContain("ErrorRateHigh");
    expect(bare.map(({ name }) => name)).not.toContain("AppDown");
  });

  test("each has severity, team and runbook; the recorded ratios stand before them", () => {
    const tmws = watchedSystems.get("tmws");
    if (tmws === undefined) throw new Error("no tmws");
    const { groups } = parse(rulesFile(tmws)) as { groups: { name: string; rules: Record<string, unknown>[] }[] };
    expect(groups.map(({ name }) => name)).toEqual(["records", "alerts"]);
    expect(groups[0]?.rules[0]).toEqual({
      record: "slipway:error_ratio:5m",
      expr: 'sum(rate(haproxy_frontend_http_responses_total{job="switch",proxy=~"route.*",code="5xx"}[5m])) / sum(rate(haproxy_frontend_http_responses_total{job="switch",proxy=~"route.*"}[5m]))',
    });
    expect(groups[1]?.rules.find(({ alert }) => alert === "AppDown")).toEqual({
      alert: "AppDown",
      expr: 'absent(up{job="tmws"} == 1)',
      for: "60s",
      labels: { severity: "page", team: "oncall" },
      annotations: {
        summary: "no replica of the product answers",
        description: "Users get errors, or wait. A release that holds requests is shorter than this.",
        runbook: "docs/runbooks/AppDown.md",
      },
    });
  });

  test("two alerts of one name are refused", () => {
    const tmws = watchedSystems.get("tmws");
    if (tmws === undefined) throw new Error("no tmws");
    const [first] = tmws.alerts;
    expect(() => alertsOf({ ...tmws, alerts: first === undefined ? [] : [first, first] })).toThrow(
      "two alerts are called LicensesExpireSoon",
    );
  });

  test("a factor scales ranges, offsets and ages, never below three scrapes, and no threshold", () => {
    const expr = "rate(x[1h]) > 3 * rate(x[5m] offset 1d) and time() - y > $age(26h)";
    expect(scaledExpr(expr, 1)).toBe("rate(x[1h]) > 3 * rate(x[5m] offset 1d) and time() - y > 93600");
    expect(scaledExpr(expr, 0.01)).toBe("rate(x[36s]) > 3 * rate(x[15s] offset 864s) and time() - y > 936");
    expect(() => secondsOf("5 min")).toThrow('"5 min" is no duration such as 5m');
  });
});

describe("who is told", () => {
  const telling: Telling = {
    to: {
      everybody: { webhook: "https://hooks.example.com/the-secret", pagerduty: "0123456789abcdef0123" },
      dba: { email: "dba@example.com" },
      product: { slack: undefined },
    },
    smtp: { host: "smtp.example.com:587", password: "a-Secret-0" },
    alerts: [],
    factor: 1,
  };
  const config = parse(alertmanagerConfig({ ...telling, alerts: all }, "/s")) as {
    route: { routes: { receiver: string; matchers: string[]; group_wait: string; group_interval: string }[] };
    receivers: { name: string }[];
    inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
  };
  const receiver = (name: string) => config.receivers.find((each) => each.name === name);

  test("a team by its own channels, else everybody's; the severity in PagerDuty's words", () => {
    expect(receiver("dba-page")).toMatchObject({ email_configs: [{ to: "dba@example.com", from: "dba@example.com" }] });
    expect(receiver("dba-page")).not.toHaveProperty("webhook_configs");
    expect(receiver("product-ticket")).toMatchObject({
      webhook_configs: [{ send_resolved: true, url_file: "/s/everybody-webhook" }],
      pagerduty_configs: [{ routing_key_file: "/s/everybody-pagerduty", severity: "warning" }],
    });
  });

  test("a page at once, a ticket within the hour, a digest once a day", () => {
    const times = (name: string) => config.route.routes.find((route) => route.receiver === name);
    expect(times("oncall-page")).toMatchObject({ group_wait: "10s", group_interval: "60s" });
    expect(times("oncall-ticket")).toMatchObject({ group_wait: "300s", group_interval: "1800s" });
    expect(times("product-digest")).toMatchObject({
      group_wait: "3600s",
      group_interval: "86400s",
      group_by: ["stack"],
    });
    expect(config.route.routes).toHaveLength(12);
  });

  test("an app that is down keeps its latency quiet", () => {
    const slow = config.inhibit_rules.find(({ target_matchers: [target] }) => target === 'alertname="AnswersSlow"');
    expect(slow?.source_matchers[0]).toContain("AppDown");
  });

  test("no secret is in the config; each is in a file that Alertmanager alone reads", () => {
    const files = alertmanagerFiles(telling);
    const secret = files.filter(({ mode }) => mode === 0o400).map(({ path, content }) => [path, content]);
    expect(secret).toEqual([
      ["secrets/everybody-webhook", "https://hooks.example.com/the-secret"],
      ["secrets/everybody-pagerduty", "0123456789abcdef0123"],
      ["secrets/smtp", "a-Secret-0"],
    ]);
    const plain = files.find(({ path }) => path === "alertmanager.yml")?.content ?? "";
    expect(secret.filter(([, content]) => plain.includes(content ?? ""))).toEqual([]);
  });

  test("without a channel there is nobody", () => {
    expect(tellsSomebody(telling)).toBe(true);
    expect(tellsSomebody({ to: { dba: { email: undefined } } })).toBe(false);
  });
});

describe("what steps and commands write down", () => {
  const serving: Release = {
    id: "r1",
    image: 'sha256:"1',
    revision: "b2",
    reads: [],
    definition: "d",
    since: "1970-01-01T00:01:00.000Z",
    replicas: [],
    traffic: {},
  };

  test("the release", () => {
    expect(exposition(releaseSamples({ ...emptyJournal, serving, proved: "r1" }))).toBe(
      [
        "slipway_release_open 0",
        "slipway_release_undone 0",
        'slipway_release_info{release="r1",image="sha256:_1",schema="b2"} 1',
        "slipway_release_since_timestamp_seconds 60",
        "slipway_release_proved 1",
        "",
      ].join("\n"),
    );
    expect(exposition(releaseSamples(emptyJournal))).toBe("slipway_release_open 0\nslipway_release_undone 0\n");
  });

  test("a backup and a drill", () => {
    expect(exposition(backupSamples("backup", new Date(5_000)))).toBe(
      'slipway_backup_last_success_timestamp_seconds{purpose="backup"} 5\n',
    );
    const drill = { ok: false, when: "1970-01-01T00:01:00.000Z", rtoSeconds: 12.5, rpoSeconds: 60 };
    expect(exposition(drillSamples(drill)).split("\n").slice(0, 2)).toEqual([
      "slipway_drill_last_success 0",
      "slipway_drill_last_timestamp_seconds 60",
    ]);
  });
});

test("every runbook names a command and where to look", () => {
  const thin = names.filter((name) => {
    const path = join(checkout, runbookOf(name));
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return !/## What to look at\n\n- /.test(text) || !/## What mends it\n\n- /.test(text) || !text.includes("`");
  });
  expect(thin).toEqual([]);
});
