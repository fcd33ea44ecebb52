import { label } from "../components/container/spec.ts";
import { boxesOf } from "./box.ts";
import { isStep, isVolume, listAt, type Planned, recordAt, textAt } from "./planned.ts";
import type { Policy } from "./policy.ts";

/** What can be made anew at any time. */
const rendered = /(^|-)(config|journal|notes|run|trust|sockets|firewall)$/;

/** What holds data outlives what is done to a plan. */
export const volumePolicies: readonly Policy[] = [
  {
    name: "data-volumes-protected",
    level: "mandatory",
    guides: ["000:446", "000:463", "001:462", "001:463", "002:45", "003:551"],
    allowed: "protect: true on every volume that a workload or a store writes to, and on that of the backup sets",
    mend: "make it by dataVolume of components/volumes/docker.ts; removing data is npm run down -- --with-data",
    kind: "stack",
    judge: (plan) => {
      const written = writtenVolumes(plan);
      return plan
        .filter(isVolume)
        .filter(({ inputs, protect }) => !protect && written.has(textAt(inputs, "name") ?? ""))
        .map(({ urn }) => ({ at: "protect", is: "false", urn }));
    },
  },
  {
    name: "generated-secrets-protected",
    level: "mandatory",
    guides: ["001:275", "001:464", "003:262"],
    allowed: "protect: true: a secret that is made anew locks out the data which depend on it",
    mend: "protect: true in the resource's options, as components/secrets/resource.ts has it",
    kind: "resource",
    judge: ({ type, protect }) => (type.startsWith("random:") && !protect ? [{ at: "protect", is: "false" }] : []),
  },
];

/** Whatever a workload writes is the product's; of a part what is not rendered anew at each change. */
function writtenVolumes(plan: readonly Planned[]): ReadonlySet<string> {
  const parts = new Map(plan.filter(isVolume).map(({ inputs }) => [textAt(inputs, "name") ?? "", partOf(inputs)]));
  const mounted = plan
    .flatMap(boxesOf)
    .flatMap(({ mounts, workload }) =>
      mounts.filter(({ readOnly, source }) => !readOnly && (workload || !rendered.test(parts.get(source) ?? ""))),
    );
  const sets = plan.filter(isStep("BackupPoint")).flatMap(({ inputs }) => textAt(inputs, "data", "backupVolume") ?? []);
  return new Set([...mounted.map(({ source }) => source), ...sets]);
}

function partOf(inputs: Planned["inputs"]): string {
  const labels = listAt(inputs, "labels").map((each) => recordAt(each));
  return (
    textAt(
      labels.find((each) => textAt(each, "label") === label.part),
      "value",
    ) ?? ""
  );
}
