import type Docker from "dockerode";
import { label, type Place, resourceName } from "../../components/container/spec.ts";
import { statusOf } from "../../components/steps/docker-runner.ts";
import { basePart, dataPart, generationOf, isGenerational } from "../../components/volumes/spec.ts";

/** The stack's data volumes on the host, by part: with their generation. */
export async function dataVolumes(engine: Docker, { stack }: Place): Promise<readonly string[]> {
  const { Volumes } = await engine.listVolumes({ filters: { label: [`${label.stack}=${stack}`] } });
  return Volumes.flatMap(({ Labels }) => Labels?.[label.part] ?? [])
    .filter(isGenerational)
    .sort();
}

/** Of the data that serve, without their generation. */
export function partsOf(volumes: readonly string[], { generation = 0 }: Place): readonly string[] {
  return volumes.filter((volume) => generationOf(volume) === generation).map(basePart);
}

/** Empty volumes for these parts, as the program will declare them. What is there under these names was begun by a restore that was cut off. */
export async function makeVolumes(engine: Docker, place: Place, parts: readonly string[]): Promise<void> {
  await removeVolumes(engine, place, parts);
  for (const each of parts) {
    const part = dataPart(place, each);
    await engine.createVolume({
      Name: resourceName(place, part),
      Labels: { [label.stack]: place.stack, [label.system]: place.system, [label.part]: part },
    });
  }
}

/** Removes the volumes of these parts, of the place's generation; one that is not there is fine. What was in them is gone for good. */
export async function removeVolumes(engine: Docker, place: Place, parts: readonly string[]): Promise<void> {
  for (const part of parts) await removeVolume(engine, resourceName(place, dataPart(place, part)));
}

/** One that is gone is fine. */
export async function removeVolume(engine: Docker, name: string): Promise<void> {
  try {
    await engine.getVolume(name).remove();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
