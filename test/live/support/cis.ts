import { label } from "../../../components/container/spec.ts";
import { items } from "../../../policy/cis.ts";
import { engine, type Outside, runner } from "./host.ts";

/** What every running container of a stack breaks of the CIS Docker Benchmark: by the engine's words, and by its own process'. */
export async function brokenItems(outside: Outside): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { Id, Labels, State } of await outside.containers()) {
    if (State !== "running") continue;
    const part = Labels[label.part] ?? "";
    const inspected = await engine.getContainer(Id).inspect();
    for (const { id, asks, wrong } of items) {
      const is = wrong?.({ part, inspected });
      if (is !== undefined) found.push(`${part}: ${id} ${asks}: ${is}`);
    }
    const status = await runner.exec(Id, { argv: ["cat", "/proc/1/status"] });
    for (const line of ["NoNewPrivs:\t1", "Seccomp:\t2"])
      if (!status.output.includes(line)) found.push(`${part}: its process says ${status.output}, not ${line}`);
    const rights = /^CapEff:\t([0-9a-f]+)$/m.exec(status.output)?.[1] ?? "none";
    // 10 is NET_BIND_SERVICE.
    const allowed = part === "edge" ? 1n << 10n : 0n;
    if (BigInt(`0x${rights}`) !== allowed) found.push(`${part}: its process has the capabilities ${rights}`);
  }
  return found;
}
