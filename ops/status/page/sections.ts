import type { Part, Report } from "../report.ts";
import { labelOf } from "../text.ts";
import { bytes, known, milliseconds, moment, number, span } from "../words.ts";
import { type Html, html, nothing } from "./html.ts";

/** The pieces of the page below the charts. Each is empty where there is nothing to say. */

/** Why the verdict is not good, and who could not be asked, so that silence is not taken for health. */
export function problemList({ problems, unanswered }: Report): Html {
  if (problems.length + unanswered.length === 0) return nothing;
  return html`
    <section class="card problems" aria-label="Reasons">
      <ul>
        ${problems.map(({ part, what }) => html`<li><b>${part}</b> ${what}</li>`)}
        ${unanswered.map(({ part, why }) => html`<li><b>${part}</b> could not be asked: ${why}</li>`)}
      </ul>
    </section>`;
}

/** One row for each container of the stack. */
export function partTable(parts: readonly Part[]): Html {
  const row = (part: Part) => html`
          <tr>
            <th scope="row">${labelOf(part)}</th>
            <td data-label="Health">${healthChip(part)}</td>
            <td data-label="Age" class="short">${known(part.ageSeconds, span)}</td>
            <td data-label="Restarts">${part.restarts}${part.outOfMemory ? " (out of memory)" : ""}</td>
            <td data-label="Memory">${memoryBar(part)}</td>
            <td data-label="CPU" class="short">${known(part.cpuPercent, (value) => `${number(value)} %`)}</td>
            <td data-label="Image" class="code">${part.image || "-"}</td>
          </tr>`;
  return html`
    <section class="card">
      <h2>Parts</h2>
      <table>
        <thead><tr><th scope="col">Part</th><th scope="col">Health</th><th scope="col">Age</th><th scope="col">Restarts</th><th scope="col">Memory</th><th scope="col">CPU</th><th scope="col">Image</th></tr></thead>
        <tbody>${parts.map(row)}
        </tbody>
      </table>
    </section>`;
}

function healthChip({ state, health, ready }: Part): Html {
  const words = state !== "running" ? state : ready === false ? "not ready" : health === "none" ? "running" : health;
  const good = state === "running" && ready !== false && health !== "unhealthy";
  return html`<span class="chip ${good ? (health === "starting" ? "wait" : "good") : "bad"}">${words}</span>`;
}

function memoryBar({ memoryBytes, memoryLimitBytes }: Part): Html {
  if (memoryBytes === null || memoryLimitBytes === null) return html`-`;
  return html`<span class="amount">${bytes(memoryBytes)} of ${bytes(memoryLimitBytes)}</span>${bar(memoryBytes / memoryLimitBytes)}`;
}

function bar(ratio: number): Html {
  const width = Math.round(Math.min(1, Math.max(0, ratio)) * 100);
  return html`<span class="bar${ratio > 0.9 ? " full" : ""}" aria-hidden="true"><i style="width:${width}%"></i></span>`;
}

function facts(title: string, rows: readonly (readonly [string, string | Html])[]): Html {
  if (rows.length === 0) return nothing;
  return html`
      <section class="card">
        <h2>${title}</h2>
        <dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      </section>`;
}

/** What serves, since when and whether it was proved; what is under way, and who holds the lease. */
export function releaseFacts({ release, rollout, at }: Report): Html {
  const { open, baking, lease } = rollout;
  const age = release === null ? 0 : Math.max(0, (Date.parse(at) - Date.parse(release.since)) / 1000);
  return facts("Release", [
    ...(release === null
      ? [["Serving", "none"] as const]
      : [
          ["Serving", release.id] as const,
          ["Version", release.version ?? "not known"] as const,
          ["Image", release.imageName ?? release.image.slice(0, 19)] as const,
          ...(release.commit === null ? [] : [["Commit", release.commit.slice(0, 12)] as const]),
          ["Since", `${moment(release.since)} (${span(age)})`] as const,
          ["Proved", release.proved ? "yes, by its smoke test" : "no"] as const,
          ...(release.previous === null ? [] : [["Kept to go back to", release.previous] as const]),
        ]),
    ...(open === null
      ? []
      : [["Under way", `${open.release}, phase ${open.phase}${open.held ? ", requests wait" : ""}`] as const]),
    ...(baking === null ? [] : [["Watched", `${baking.release}, until ${moment(baking.until)}`] as const]),
    ...(lease === null
      ? []
      : [["Changed by", `${lease.purpose}, process ${lease.process} on ${lease.machine}`] as const]),
  ]);
}

/** The database with its schema revision, and the last backup. */
export function dataFacts({ database, backup }: Report): Html {
  return facts("Data", [
    ...(database === null
      ? []
      : [
          [
            "Database",
            `${database.kind}, ${database.connected ? `connected, ${milliseconds(database.milliseconds)}` : "not connected"}`,
          ] as const,
          ...(database.connections === null
            ? []
            : [["Connections", `${database.connections.used} of ${database.connections.allowed}`] as const]),
          ["Schema revision", known(database.revision, (revision) => revision || "none")] as const,
        ]),
    ...(backup === null
      ? []
      : backup.last === null
        ? [["Last backup", "none"] as const]
        : [
            ["Last backup", `${span(backup.last.ageSeconds)} ago (${moment(backup.last.taken)})`] as const,
            ["Set", `${backup.last.name}, ${bytes(backup.last.kilobytes * 1024)}`] as const,
            ["Sets kept", String(backup.sets)] as const,
          ]),
  ]);
}

/** Load, memory and disk of the Docker host; nothing where it could not be asked. */
export function hostFacts({ host }: Report): Html {
  if (host === null) return nothing;
  const memory = host.memoryBytes - host.memoryAvailableBytes;
  const disk = host.diskBytes - host.diskFreeBytes;
  return facts("Host", [
    ["Load", `${number(host.load)} on ${host.cores} cores`],
    ["Memory", html`${bytes(memory)} of ${bytes(host.memoryBytes)} ${bar(memory / host.memoryBytes)}`],
    ["Disk", html`${bytes(disk)} of ${bytes(host.diskBytes)} ${bar(disk / host.diskBytes)}`],
    ["Docker", host.docker],
  ]);
}

/** The edge's certificates and the stack's own, by when they end; one is bad that should have been renewed or that a client would not trust. */
export function certificateFacts({ certificates }: Report): Html {
  return facts(
    "Certificates",
    certificates.map(({ name, source, issuer, ends, daysLeft, due, trusted }) => {
      const bad = due || trusted === false;
      const words = trusted === false ? "not trusted" : `${number(daysLeft)} days left`;
      const by = source === "edge" ? `by ${issuer ?? "nobody known"}` : "the stack's own";
      return [
        name,
        html`<span class="chip ${bad ? "bad" : "good"}">${words}</span> <span class="quiet">until ${moment(ends)}, ${by}</span>`,
      ];
    }),
  );
}
