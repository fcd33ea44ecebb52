import type { Place } from "../container/spec.ts";
import { runnerOf } from "../steps/engine.ts";
import { changedBut, type Step } from "../steps/step.ts";
import { Control } from "./control.ts";

export interface CertificateInputs {
  readonly host: string;
  readonly place: Place;
  /** New with every write of the file. */
  readonly written: string;
  /** The switch's container; one that started after the write has loaded the file itself. */
  readonly container: string;
}

/** Loads a changed certificate into the switch that runs: a replaced switch would cost every session. */
const step: Step<CertificateInputs, Record<string, never>> = {
  changed: changedBut("container"),
  async reconcile({ host, place }) {
    await new Control(await runnerOf(host), place).loadCertificate();
    return {};
  },
};

export default step;
