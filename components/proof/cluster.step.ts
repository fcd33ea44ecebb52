import { journalOf, servedOf, workloadLabels } from "../rollout/cluster.ts";
import type { Deployed } from "../steps/deployments.ts";
import { clusterRunnerOf, deploymentsOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import type { Step } from "../steps/step.ts";
import type { Proving } from "./reconcile.ts";
import type { ProofInputs, ProofOutputs } from "./spec.ts";
import step from "./step.ts";

/** The proof where the platform releases: of what a proved rollout noted. */
const clusterStep: Step<ProofInputs, ProofOutputs> = {
  changed: step.changed,
  async reconcile(inputs) {
    const { proveThere } = await import("./reconcile.ts");
    const { host, place, secrets, privateKey } = inputs;
    const [runner, deployments] = await Promise.all([clusterRunnerOf(host), deploymentsOf(host)]);
    return redacted([...Object.values(secrets), privateKey], async () => {
      const journal = provedThere(await deployments.list(workloadLabels(place)), inputs.release);
      return proveThere({ runner, place, journal }, inputs);
    });
  },
};

/** What serves as a proof names it: every workload with its release, see components/rollout/cluster.step.ts. Pure. */
export function provedThere(deployed: readonly Deployed[], release: string): Proving["journal"] {
  const journal = journalOf(deployed);
  const noted = deployed.map((each) => `${each.name}-${servedOf(each)?.release ?? "none"}`).sort();
  const id = noted.join(" ") === release.split(" ").sort().join(" ") ? release : noted.join(" ");
  return journal.serving === undefined ? journal : { serving: { ...journal.serving, id }, proved: id };
}

export default clusterStep;
