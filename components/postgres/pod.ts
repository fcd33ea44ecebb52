import type { Probes } from "../container/kubernetes.ts";
import type { ContainerSpec, Mount, Place } from "../container/spec.ts";
import { type PostgresSpec, postgresContainer, postgresDataPath, trustMount } from "./spec.ts";

/** What is another in a cluster than on a Docker host; pure. */

/** Of a StatefulSet's first pod. */
export const postgresPod = "postgres-0";

export function postgresPodContainer(place: Place, spec: PostgresSpec): ContainerSpec {
  const container = postgresContainer(place, spec);
  // A claim's own folder may belong to root, may hold lost+found, and cannot be closed to others by the server's user.
  return { ...container, env: { ...container.env, PGDATA: `${postgresDataPath}/pgdata` } };
}

/**
 * Ready when the server accepts connections: the roles step, which waits for that, makes the roles that the container's own health check comes
 * by, and ends with that check. No startup probe: it would end a server that recovers from a crash.
 */
export const postgresProbes: Probes = {
  readinessProbe: {
    exec: { command: ["pg_isready", "-q", "-h", "127.0.0.1"] },
    timeoutSeconds: 5,
    periodSeconds: 2,
    failureThreshold: 5,
  },
};

/** The stack's CA is a ConfigMap there. */
export function trustInCluster(place: Place): Mount {
  return { ...trustMount(place), plainFiles: true };
}
