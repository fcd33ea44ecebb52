import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Report } from "../report.ts";
import { moment } from "../words.ts";
import { chartCards, chartData } from "./charts.ts";
import { alertList, errorList, ownWords, triggerTable } from "./details.ts";
import { Html, html, nothing } from "./html.ts";
import { certificateFacts, dataFacts, hostFacts, partTable, problemList, releaseFacts } from "./sections.ts";

/**
 * One page that needs nothing beside itself: style, charts and data are in it, and its policy lets the browser load nothing else and run no
 * script but these two.
 */
export function renderPage(report: Report): string {
  const { system, stack, healthy, url, at } = report;
  const verdict = healthy ? "healthy" : "not healthy";
  const scripts = report.golden === null ? [] : [uPlot("uPlot.iife.min.js"), own("charts.mjs")];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy(scripts)}">
<title>${system} (${stack}): ${verdict}</title>
<style>${new Html(`${uPlot("uPlot.min.css")}\n${own("page.css")}`)}</style>
</head>
<body>
  <header>
    <div>
      <p class="quiet">stack ${stack}</p>
      <h1>${system}</h1>
      ${/^https:\/\//.test(url) ? html`<p><a href="${url}">${url}</a></p>` : html`<p>${url}</p>`}
    </div>
    <div class="verdict ${healthy ? "good" : "bad"}"><b>${healthy ? "Healthy" : "Not healthy"}</b><span>${moment(at)}</span></div>
  </header>
  <main>
    ${problemList(report)}
    <section class="charts" aria-label="Golden signals of the last hour">${
      report.golden === null
        ? [html`<article class="card"><p class="quiet">The requests of the last hour are not known here.</p></article>`]
        : chartCards(report.golden)
    }</section>
    ${partTable(report.parts)}
    <div class="pairs">${releaseFacts(report)}${dataFacts(report)}${hostFacts(report)}${certificateFacts(report)}</div>
    ${alertList(report)}
    ${triggerTable(report)}
    ${errorList(report)}
    ${ownWords(report)}
  </main>
  <footer class="quiet">Seen by Slipway at ${moment(at)}. The same as data: <code>npm run status -- --stack ${stack} --json</code></footer>
  ${
    report.golden === null
      ? nothing
      : html`<script type="application/json" id="charts">${chartData(report.golden)}</script>
  <!-- ${new Html(uPlotLicence())} -->
  ${scripts.map((text) => html`<script>${new Html(text)}</script>`)}`
  }
</body>
</html>
`.text;
}

/** By the scripts' own hashes: a text that got into the page as markup in spite of all would still not run. */
function policy(scripts: readonly string[]): string {
  const hashes = scripts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  return `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src ${hashes.join(" ") || "'none'"}`;
}

const uPlotFolder = join(createRequire(import.meta.url).resolve("uplot"), "..");

function uPlot(file: string): string {
  return readFileSync(join(uPlotFolder, file), "utf8");
}

/** Its licence asks to go with every copy. */
function uPlotLicence(): string {
  const text = readFileSync(join(uPlotFolder, "..", "LICENSE"), "utf8").trim();
  return `uPlot: ${text.replaceAll("--", "- -")}`;
}

function own(file: string): string {
  return readFileSync(join(import.meta.dirname, file), "utf8");
}
