import type { Probes } from "../container/kubernetes.ts";
import type { ContainerSpec, Mount, Place } from "../container/spec.ts";
import { appRole } from "./roles.ts";
import { type PostgresSpec, postgresContainer, postgresDataPath, trustMount } from "./spec.ts";

/** What is another in a cluster than on a Docker host; pure. */

/** Of a StatefulSet's first pod. */
export const postgresPod = "postgres-0";

/** The container of a Docker host, with its data one folder further down in the volume. */
export function postgresPodContainer(place: Place, spec: PostgresSpec): ContainerSpec {
  const container = postgresContainer(place, spec);
  // A claim's own folder may belong to root, may hold lost+found, and cannot be closed to others by the server's user.
  return { ...container, env: { ...container.env, PGDATA: `${postgresDataPath}/pgdata` } };
}

/**
 * Ready when the server accepts connections: the roles step, which waits for that, makes the roles that the container's own health check comes
 * by, and ends with that check. No startup probe: it would end a server that recovers from a crash.
 */
export function postgresProbes(database: string): Probes {
  // As the app, whom the server asks for a password: the superuser it would refuse by network, with two lines in its log each time.
  const as = ["-U", appRole(database), "-d", database];
  return {
    readinessProbe: {
      exec: { command: ["pg_isready", "-q", "-h", "127.0.0.1", ...as] },
      timeoutSeconds: 5,
      periodSeconds: 5,
      failureThreshold: 3,
    },
  };
}

/** The stack's CA is a ConfigMap there. */
export function trustInCluster(place: Place): Mount {
  return { ...trustMount(place), plainFiles: true };
}
