import type { Report } from "../report.ts";
import { labelOf } from "../text.ts";
import { inUnit, moment } from "../words.ts";
import { type Html, html, nothing } from "./html.ts";

/** The lower half of the page: what one reads when something is wrong. */

/** What fires now, with its runbook; nothing while all is quiet. */
export function alertList({ alerts }: Report): Html {
  if (alerts.length === 0) return nothing;
  return html`
    <section class="card">
      <h2>Alerts firing</h2>
      <ul class="plain">${alerts.map(
        ({ name, severity, summary, runbook, since }) =>
          html`<li><span class="chip bad">${severity}</span> <b>${name}</b> ${summary} ${runbook === undefined ? nothing : html`<code>${runbook}</code>`} <span class="quiet">since ${moment(since)}</span></li>`,
      )}</ul>
    </section>`;
}

/** What would undo a release, with today's value beside what is allowed, so that a limit is known before a release meets it. */
export function triggerTable({ triggers }: Report): Html {
  if (triggers.length === 0) return nothing;
  return html`
    <section class="card">
      <h2>What would undo a release</h2>
      <table>
        <thead><tr><th scope="col">Trigger</th><th scope="col">Now</th><th scope="col">Allowed</th><th scope="col">From</th></tr></thead>
        <tbody>${triggers.map(
          ({ name, value, allowed, unit, guide, tripped }) => html`
          <tr>
            <th scope="row">${name}</th>
            <td data-label="Now" class="short">${tripped === null ? html`${value === null ? "too few requests" : inUnit(value, unit)}` : html`<span class="chip bad">${value === null ? "" : inUnit(value, unit)}</span>`}</td>
            <td data-label="Allowed">${allowed === null ? "compared with before a release" : inUnit(allowed, unit)}</td>
            <td data-label="From" class="quiet">${guide}</td>
          </tr>`,
        )}
        </tbody>
      </table>
    </section>`;
}

/** What a part's own health answer holds, folded away unless it says that it is not ready. */
export function ownWords({ parts }: Report): readonly Html[] {
  return parts.flatMap((part) => {
    const entries = Object.entries(part.says);
    if (entries.length === 0) return [];
    return [
      html`
    <details class="card"${part.ready === false ? html` open` : nothing}>
      <summary>What ${labelOf(part)} says of itself</summary>
      <dl class="wide">${entries.map(([name, value]) => html`<div><dt class="code">${name}</dt><dd>${value}</dd></div>`)}</dl>
    </details>`,
    ];
  });
}

/** The last lines with an error within five minutes, by part. */
export function errorList({ parts }: Report): Html {
  const loud = parts.filter(({ errors }) => errors > 0);
  if (loud.length === 0)
    return html`
    <section class="card"><h2>Errors in the logs</h2><p class="quiet">None in the last five minutes.</p></section>`;
  return html`
    <section class="card">
      <h2>Errors in the logs <span class="quiet">of the last five minutes</span></h2>
      ${loud.map((part) => html`<h3>${labelOf(part)}: ${part.errors}</h3><pre>${part.lastErrors.join("\n")}</pre>`)}
    </section>`;
}
