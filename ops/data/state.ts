import { z } from "zod";

const resource = z.looseObject({
  urn: z.string(),
  dependencies: z.array(z.string()).optional(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).optional(),
});

const exported = z.looseObject({ deployment: z.looseObject({ resources: z.array(resource).optional() }) });

/**
 * An exported state without these resources, and with nobody who waits for them. `pulumi state delete` refuses what others depend on, were it
 * only in the order of their creation; what it offers instead deletes those others.
 */
export function withoutResources(text: string, urns: readonly string[]): string {
  const state = exported.parse(JSON.parse(text));
  const stays = (urn: string) => !urns.includes(urn);
  const resources = (state.deployment.resources ?? [])
    .filter(({ urn }) => stays(urn))
    .map((each) => ({
      ...each,
      ...(each.dependencies && { dependencies: each.dependencies.filter(stays) }),
      ...(each.propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(each.propertyDependencies).map(([name, all]) => [name, all?.filter(stays) ?? null]),
        ),
      }),
    }));
  return JSON.stringify({ ...state, deployment: { ...state.deployment, resources } });
}
