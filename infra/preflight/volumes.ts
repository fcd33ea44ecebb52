import type Docker from "dockerode";
import { label, type Place } from "../../components/container/spec.ts";

/** The stack's volumes on the host, each by its part: what an earlier version of the system left there too. Read-only. */
export async function observeVolumes(engine: Docker, { stack }: Place): Promise<readonly string[]> {
  const { Volumes } = await engine.listVolumes({ filters: { label: [`${label.stack}=${stack}`] } });
  return Volumes.flatMap(({ Labels }) => Labels?.[label.part] ?? []).sort();
}
