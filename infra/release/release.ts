import { type Proof, signOffNames, speaksOf } from "../../components/proof/spec.ts";
import type { Receiver } from "./receiver.ts";
import { provingOn, type Refusal, setting } from "./refusal.ts";

/** What the release itself lacks: it is another product, a probe failed, its schema would go backwards, somebody has not signed. */
export function releaseRefusals(proof: Proof, receiver: Receiver): readonly Refusal[] {
  return [
    ...productRefusals(proof, receiver),
    ...schemaRefusals(proof, receiver),
    ...probeRefusals(proof, receiver),
    ...signOffRefusals(proof, receiver),
  ];
}

function productRefusals(proof: Proof, { system, settings: { stack } }: Receiver): readonly Refusal[] {
  if (proof.system !== system.name)
    return [
      {
        what: `stack ${proof.stack} proved the system ${proof.system}, stack ${stack} runs ${system.name}`,
        mend: `take the proof of a stack that runs ${system.name}: ${setting("promotion.from", "<stack>", stack)}`,
      },
    ];
  if (proof.version === system.version) return [];
  return [
    {
      what: `version ${proof.version} was proved on stack ${proof.stack}, stack ${stack} wants ${system.version}`,
      mend: `${setting("app.version", proof.version, stack)}; or prove ${system.version} on ${proof.stack}`,
    },
  ];
}

/** The data are never at a revision that the image does not know, nor ahead of the one it was released with. */
function schemaRefusals(
  { schema, stack: from }: Proof,
  { system, revision, settings: { stack } }: Receiver,
): readonly Refusal[] {
  const { target } = system.schema;
  const other: readonly Refusal[] =
    target === schema.revision
      ? []
      : [
          {
            what: `schema revision ${schema.revision} was proved on stack ${from}, stack ${stack} wants ${target}`,
            mend: `${setting("app.schemaRevision", schema.revision, stack)}; or prove ${target} on ${from}`,
          },
        ];
  if (revision === undefined || isOnTheWay(revision, schema)) return other;
  return [
    ...other,
    {
      what: `the schema would go backwards: the data of stack ${stack} are at ${revision}, which is not among the revisions that lead to the proved ${schema.revision} (${schema.history.join(", ")})`,
      mend: `prove an image that knows ${revision} on ${from}; to go back on purpose: ${setting("release", "direct", stack)}, with the older image in image.ref and the way in rollout.back`,
    },
  ];
}

function isOnTheWay(revision: string, { revision: target, history }: Proof["schema"]): boolean {
  if (revision === target) return true;
  const at = history.indexOf(revision);
  return at >= 0 && at < history.indexOf(target);
}

function probeRefusals({ probes, stack: from }: Proof, { system }: Receiver): readonly Refusal[] {
  const failed = probes
    .filter(({ passed }) => !passed)
    .map(({ name }) => `the probe "${name}" failed on stack ${from}`);
  const asked = new Set(probes.map(({ name }) => name));
  const missing = system.probes
    .filter(({ name }) => !asked.has(name))
    .map(({ name }) => `the probe "${name}" was not asked on stack ${from}`);
  return [...failed, ...missing].map((what) => ({ what, mend: provingOn(from) }));
}

function signOffRefusals(proof: Proof, { settings: { promotion } }: Receiver): readonly Refusal[] {
  return (promotion.signOffs ?? signOffNames).flatMap((name) => {
    const said = proof.signOffs[name];
    const mend = `${setting(`proof.signOffs.${name}`, `${proof.version}: <who, and where it is written>`, proof.stack)} && ${provingOn(proof.stack)}`;
    if (said === undefined) return [{ what: `nobody signed off ${name} on stack ${proof.stack}`, mend }];
    if (speaksOf(said, proof)) return [];
    const what = `the sign-off ${name} of stack ${proof.stack} (${JSON.stringify(said)}) names neither version ${proof.version} nor the commit or digest: it may speak of an earlier one`;
    return [{ what, mend }];
  });
}
