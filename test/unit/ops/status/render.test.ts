import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judged } from "../../../../ops/status/judge.ts";
import { chartsOf } from "../../../../ops/status/page/charts.ts";
import { alertList, errorList, triggerTable } from "../../../../ops/status/page/details.ts";
import { escaped, html, inlineJson } from "../../../../ops/status/page/html.ts";
import { renderPage } from "../../../../ops/status/page/page.ts";
import {
  certificateFacts,
  dataFacts,
  hostFacts,
  partTable,
  problemList,
} from "../../../../ops/status/page/sections.ts";
import { renderText } from "../../../../ops/status/text.ts";
import { bytes, milliseconds, number, percent, plain, span } from "../../../../ops/status/words.ts";
import { brokenFacts, healthyFacts, healthyPart, hostile } from "../../../fixtures/status.ts";

const healthy = judged(healthyFacts);
const broken = judged(brokenFacts);

describe("for the terminal", () => {
  it("a healthy stack", () => {
    expect(`${renderText(healthy)}\n`).toBe(
      readFileSync(join(import.meta.dirname, "../../../fixtures/status.txt"), "utf8"),
    );
  });

  it("a stack in trouble begins with every reason", () => {
    expect(renderText(broken).split("\n").slice(0, 4)).toEqual([
      `tria (stack tria): not healthy, 5 reasons  ${broken.url}`,
      "  redis: is stopped (it ended with 137, for want of memory)",
      "  switch: is missing: its container is gone",
      "  trigger: 5xx answers: 50 %, allowed 1 %",
    ]);
  });

  it("before the first release there is little to say", () => {
    const nothing = judged({
      ...healthyFacts,
      url: "",
      release: null,
      database: null,
      parts: [],
      backup: null,
      certificates: [],
      triggers: [],
      golden: null,
      host: null,
    });
    expect(renderText(nothing)).toBe(
      "tria (stack tria): not healthy, 1 reason\n  release: none serves\n\n  release  none\n\n  part  health  age  restarts  memory  cpu  image\n\n  errors in the logs of the last 5 minutes\n    none",
    );
  });

  it.each([
    [bytes, 0, "0 B"],
    [bytes, 1536, "1.5 kB"],
    [bytes, 20 * 1024 ** 3, "20 GB"],
    [span, 119, "119 s"],
    [span, 120, "2 min"],
    [span, 7200, "2 h"],
    [span, 172_800, "2 days"],
    [number, 0.0003, "<0.01"],
    [number, 1234.5, "1235"],
    [percent, 0.0004, "0.04 %"],
    [milliseconds, 999, "999 ms"],
    [milliseconds, 1234, "1.23 s"],
  ])("%o of %d is %s", (show, value, words) => {
    expect(show(value)).toBe(words);
  });

  it("obeys no text of somebody else", () => {
    expect(plain("a\u001b[31mred\u001b[0m\u0007 b\r\nc")).toBe("ared  b  c");
  });
});

describe("the page", () => {
  /** Without the indentation of the templates. */
  const tight = ({ text }: { readonly text: string }) => text.replace(/>\s+</g, "><").trim();

  it("a part is a row whose cells say what they are, for narrow screens", () => {
    expect(tight(partTable([healthyPart]))).toContain(
      '<tr><th scope="row">redis</th><td data-label="Health"><span class="chip good">healthy</span></td>' +
        '<td data-label="Age" class="short">2 h</td><td data-label="Restarts">0</td>' +
        '<td data-label="Memory"><span class="amount">4 MB of 256 MB</span><span class="bar" aria-hidden="true"><i style="width:2%"></i></span></td>' +
        '<td data-label="CPU" class="short">0.3 %</td><td data-label="Image" class="code">slipway/redis:1</td></tr>',
    );
  });

  it.each([
    ["stopped", { state: "stopped" }, '<span class="chip bad">stopped</span>'],
    ["missing", { state: "missing" }, '<span class="chip bad">missing</span>'],
    ["unhealthy", { health: "unhealthy" }, '<span class="chip bad">unhealthy</span>'],
    ["not ready", { ready: false }, '<span class="chip bad">not ready</span>'],
    ["starting", { health: "starting" }, '<span class="chip wait">starting</span>'],
    ["without a check", { health: "none" }, '<span class="chip good">running</span>'],
  ] as const)("a part that is %s is marked by word and colour", (_, changes, chip) => {
    expect(tight(partTable([{ ...healthyPart, ...changes }]))).toContain(chip);
  });

  it("facts stand in pairs", () => {
    expect(tight(dataFacts(healthy))).toBe(
      '<section class="card"><h2>Data</h2><dl><div><dt>Database</dt><dd>postgres, connected, 42 ms</dd></div>' +
        "<div><dt>Connections</dt><dd>12 of 100</dd></div>" +
        "<div><dt>Schema revision</dt><dd>0002_orders</dd></div>" +
        "<div><dt>Last backup</dt><dd>2 h ago (2026-11-28 09:59:00 UTC)</dd></div>" +
        "<div><dt>Set</dt><dd>20261128T095900Z-backup-point, 2 MB</dd></div>" +
        "<div><dt>Sets kept</dt><dd>3</dd></div></dl></section>",
    );
    expect(tight(hostFacts(healthy))).toContain("<dt>Load</dt><dd>0.7 on 2 cores</dd>");
    expect(tight(certificateFacts(healthy))).toContain(
      '<dt>authority</dt><dd><span class="chip good">3650 days left</span><span class="quiet">until 2036-11-25 00:00:00 UTC, the stack&#39;s own</span></dd>',
    );
  });

  it("says nothing where there is nothing to say", () => {
    expect([problemList(healthy).text, alertList(healthy).text]).toEqual(["", ""]);
    expect(tight(errorList({ ...healthy, parts: [] }))).toBe(
      '<section class="card"><h2>Errors in the logs</h2><p class="quiet">None in the last five minutes.</p></section>',
    );
  });

  it("a tripped trigger is marked", () => {
    expect(tight(triggerTable(broken))).toContain(
      '<td data-label="Now" class="short"><span class="chip bad">50 %</span></td>',
    );
  });

  it("draws four golden signals", () => {
    const { golden } = healthy;
    if (golden === null) throw new Error("the fixture has them");
    expect(
      chartsOf(golden).map(({ id, value, note, series }) => [
        id,
        value,
        note,
        series.map(({ values }) => values.length),
      ]),
    ).toEqual([
      ["traffic", "4 /s", "14400 in the last hour", [60]],
      ["errors", "0.04 %", "answers of 500 and above", [60]],
      ["latency", "21 ms / 120 ms", "p50 / p99, until the first byte", [60, 60]],
      ["saturation", "15 %", "of the switch, at its highest", [60]],
    ]);
  });

  it("escapes every text that is not its own", () => {
    const page = renderPage(broken);
    const [, ...scripts] = page.split("<script");
    // Data, uPlot, charts: no fourth came from a text, and no element that could run one.
    expect(scripts).toHaveLength(3);
    expect(page).not.toContain("<img");
    expect(page).not.toContain(hostile);
    expect(page.split(escaped(hostile)).length).toBeGreaterThan(12);
    expect(escaped(`<a b="c" d='e'>&\u0000\n`)).toBe("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\ufffd\n");
    expect(html`<p>${"<"}${1}${[html`<b>${"&"}</b>`]}</p>`.text).toBe("<p>&lt;1<b>&amp;</b></p>");
    expect(inlineJson({ a: "</script>\u2028" }).text).toBe('{"a":"\\u003c/script\\u003e\\u2028"}');
  });

  it("needs nothing but itself, and its policy names exactly its scripts", () => {
    const page = renderPage(healthy);
    expect(page).not.toMatch(/\b(src|srcset|@import|url)\s*[=(]/);
    const texts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => text);
    const hashes = texts.map((text) => `&#39;sha256-${createHash("sha256").update(text).digest("base64")}&#39;`);
    expect(texts).toHaveLength(2);
    expect(page).toContain(`script-src ${hashes.join(" ")}">`);
    expect(page).toContain("Copyright (c) 2022 Leon Sorokin");
  });

  it("links to https alone", () => {
    const link = (url: string) => renderPage({ ...healthy, url }).includes(`<a href=`);
    expect([
      link("https://a.example"),
      link("javascript:alert(1)"),
      link("tcp://switch:3001 (private network)"),
    ]).toEqual([true, false, false]);
  });

  it("without golden signals it runs no script at all", () => {
    const page = renderPage({ ...healthy, golden: null });
    expect(page).not.toContain("<script");
    expect(page).toContain("script-src &#39;none&#39;");
  });
});
