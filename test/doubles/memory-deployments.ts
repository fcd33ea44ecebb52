import type { Deployed, Deployments } from "../../components/steps/deployments.ts";

/** Looks after which a controller that sees no progress says so. */
const patience = 3;

interface Kept {
  release: string;
  readonly sets: string[];
  served: string | undefined;
  late: string | undefined;
  looks: number;
}

/**
 * Stands for a cluster's Deployments and their controller, which a unit test has not: what is applied comes up unless its release is `broken`,
 * and of that the controller says after some looks that it is late. Every release has a set `<workload>-<release>`.
 */
export class MemoryDeployments implements Deployments {
  readonly broken = new Set<string>();
  /** Every release that was set back, in order. */
  readonly setBacks: string[] = [];
  readonly #kept = new Map<string, Kept>();

  /** What the provider does: another template, when its release is another. */
  apply(name: string, release: string): void {
    const before = this.#kept.get(name);
    if (before === undefined)
      this.#kept.set(name, { release, sets: [release], served: undefined, late: undefined, looks: 0 });
    else if (before.release !== release) change(before, release);
  }

  template(name: string): string {
    return this.#of(name).release;
  }

  async list(): Promise<readonly Deployed[]> {
    return [...this.#kept].map(([name, kept]) => {
      const broken = this.broken.has(kept.release);
      kept.looks += 1;
      if (broken && kept.looks > patience)
        kept.late = `ReplicaSet "${name}-${kept.release}" has timed out progressing.`;
      return {
        name,
        release: kept.release,
        seen: kept.looks > 1,
        pods: { wanted: 3, all: broken ? 4 : 3, updated: broken ? 1 : 3, available: 3 },
        ...(kept.late !== undefined && { late: kept.late }),
        sets: kept.sets.map((release) => ({ name: `${name}-${release}`, release })),
        ...(kept.served !== undefined && { served: kept.served }),
      };
    });
  }

  async setBack(name: string, set: string): Promise<void> {
    this.setBacks.push(set);
    change(this.#of(name), set.slice(name.length + 1));
  }

  async note(name: string, served: string): Promise<void> {
    this.#of(name).served = served;
  }

  async words(set: string): Promise<string> {
    return `pod ${set}-x: BackOff: restarting\napp:\n    the-secret is wrong`;
  }

  #of(name: string): Kept {
    const found = this.#kept.get(name);
    if (found === undefined) throw new Error(`no Deployment ${name}`);
    return found;
  }
}

/** What was said of the set before stays until the controller has looked again, as in a cluster. */
function change(kept: Kept, release: string): void {
  kept.release = release;
  kept.looks = 0;
  if (!kept.sets.includes(release)) kept.sets.push(release);
}
