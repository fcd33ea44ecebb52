import type { Proof } from "../../components/proof/spec.ts";
import { differences } from "../../infra/release/fingerprint.ts";
import type { Receiver } from "../../infra/release/receiver.ts";
import { tableLines } from "../table.ts";

/** What the receiving stack said of its last update; empty where it has not had one. */
export interface Serving {
  readonly version: string;
  readonly commit: string;
  readonly digest: string;
}

type Row = readonly [what: string, here: string, proved: string];

/** A digest with its algorithm fits. */
const widest = 72;

/** What would change, a line each: what serves, and what was proved. Equal things are left out but for the first ones, by which people know a release. */
export function renderDifference(proof: Proof, receiver: Receiver, serving: Serving, now: Date): string {
  const { settings, fingerprint, revision, parts } = receiver;
  const rows: readonly Row[] = [
    ["", `serves on ${settings.stack}`, `proved on ${proof.stack}`],
    ["version", serving.version, proof.version],
    ["commit", serving.commit, proof.commit ?? ""],
    ["image", serving.digest, proof.image.digest],
    ["schema", revision ?? "", proof.schema.revision],
    ...Object.keys({ ...proof.parts, ...parts })
      .sort()
      .filter((part) => proof.parts[part]?.split("@")[0] !== parts[part])
      .map((part): Row => [`image of ${part}`, parts[part] ?? "", proof.parts[part] ?? ""]),
    ...differences(fingerprint.values, proof.fingerprint.values).map(
      ({ option, here, proved }): Row => [option, here ?? "", proved ?? ""],
    ),
    ["probes", "", passed(proof)],
    ...Object.entries(proof.signOffs).map(([name, text]): Row => [`sign-off ${name}`, "", text]),
    ["proved", "", `${proof.provedAt}, ${Math.floor((now.getTime() - Date.parse(proof.provedAt)) / 60_000)} min ago`],
  ];
  const cells = rows.map((row) => row.map((cell, at) => (at > 0 && cell === "" ? "-" : cell)));
  return tableLines(cells, widest).join("\n");
}

function passed({ probes }: Proof): string {
  const failed = probes.filter((probe) => !probe.passed).map(({ name }) => name);
  return failed.length === 0 ? `${probes.length} passed` : `failed: ${failed.join(", ")}`;
}
