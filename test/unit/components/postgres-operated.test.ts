import { describe, expect, test } from "vitest";
import { asleep, awake } from "../../../components/postgres/operated.step.ts";
import {
  acceptsOperated,
  catalogSpec,
  instancesOf,
  operatedRolesSql,
  operatedSpec,
} from "../../../components/postgres/operated-spec.ts";
import { reconcileRoles } from "../../../components/postgres/roles.step.ts";
import { rolesSql } from "../../../components/postgres/roles.ts";
import { chosenServer } from "../../../components/postgres/server.ts";
import { stateOf } from "../../../components/steps/kubernetes-operated.ts";
import type { Operated, OperatedState } from "../../../components/steps/operated.ts";
import type { Command, Observed } from "../../../components/steps/runner.ts";

const place = { stack: "local", system: "orders" };
const at = { place, storageClass: undefined, volumeGb: 10 };
const parts = { ca: "ca-0", tls: "tls-0", owner: "owner-0", catalog: "image-0" };
const spec = {
  image: "slipway/postgres:0123",
  limits: { cpus: 1, memoryMb: 1024, pids: 256 },
  tier: "small",
  connections: 32,
  database: "orders",
  instances: 1,
} as const;

describe("the Cluster", () => {
  test("of one server, to the letter", () => {
    expect(operatedSpec(spec, at, parts)).toEqual({
      instances: 1,
      imageCatalogRef: { apiGroup: "postgresql.cnpg.io", kind: "ImageCatalog", name: "image-0", major: 17 },
      imagePullPolicy: "IfNotPresent",
      postgresUID: 999,
      postgresGID: 999,
      bootstrap: {
        initdb: {
          database: "orders",
          owner: "orders_owner",
          secret: { name: "owner-0" },
          dataChecksums: true,
          encoding: "UTF8",
          localeCollate: "C.UTF-8",
          localeCType: "C.UTF-8",
          localeProvider: "builtin",
          builtinLocale: "C.UTF-8",
        },
      },
      postgresql: {
        parameters: {
          max_connections: "100",
          reserved_connections: "5",
          superuser_reserved_connections: "3",
          shared_buffers: "256MB",
          effective_cache_size: "768MB",
          work_mem: "5MB",
          maintenance_work_mem: "128MB",
          autovacuum_work_mem: "32MB",
          log_connections: "on",
          log_disconnections: "on",
          log_statement: "ddl",
          log_lock_waits: "on",
          log_timezone: "UTC",
          timezone: "UTC",
          password_encryption: "scram-sha-256",
        },
        pg_hba: [
          "hostnossl all all all reject",
          "host all postgres all reject",
          "hostssl all all all scram-sha-256",
          "host all all all reject",
        ],
      },
      enableSuperuserAccess: false,
      certificates: { serverCASecret: "ca-0", serverTLSSecret: "tls-0" },
      storage: { size: "10Gi" },
      resources: { requests: { cpu: "250m", memory: "1024Mi" }, limits: { cpu: "1000m", memory: "1024Mi" } },
      inheritedMetadata: {
        labels: {
          "slipway.stack": "local",
          "slipway.system": "orders",
          "slipway.part": "postgres",
          "slipway.role": "part",
        },
      },
      primaryUpdateStrategy: "unsupervised",
      primaryUpdateMethod: "restart",
      smartShutdownTimeout: 1,
      stopDelay: 60,
      affinity: {
        enablePodAntiAffinity: true,
        podAntiAffinityType: "preferred",
        topologyKey: "kubernetes.io/hostname",
      },
    });
  });

  test("of several acknowledges what two have; of two the one that writes goes on alone", () => {
    const of = (instances: number) => operatedSpec({ ...spec, instances }, at, parts);
    const synchronous = { method: "any", number: 1 };
    expect(of(2)).toMatchObject({
      primaryUpdateMethod: "switchover",
      postgresql: { synchronous: { ...synchronous, dataDurability: "preferred" } },
    });
    expect(of(3).postgresql).toMatchObject({ synchronous: { ...synchronous, dataDurability: "required" } });
  });

  test("is of one server in tier small and of three above, where config says nothing", () => {
    expect([instancesOf("small", undefined), instancesOf("medium", undefined), instancesOf("large", 5)]).toEqual([
      1, 3, 5,
    ]);
  });

  test("has the image of the stack's choice by its major version: no tag has to tell one", () => {
    expect(catalogSpec(spec)).toEqual({ images: [{ major: 17, image: "slipway/postgres:0123" }] });
  });

  test("takes the storage class that config names", () => {
    expect(operatedSpec(spec, { ...at, storageClass: "fast" }, parts).storage).toEqual({
      size: "10Gi",
      storageClass: "fast",
    });
  });
});

const seen = (phase: string, ready: number, isAsleep = false): OperatedState => ({
  phase,
  wanted: 2,
  ready,
  asleep: isAsleep,
});
const healthy = seen("Cluster in healthy state", 2);

/** Answers one state after the other, the last one for ever, and notes what it is told. */
function operatedOf(...states: readonly (OperatedState | undefined)[]) {
  const told: boolean[] = [];
  let at = 0;
  const operated: Operated = {
    find: async () => ({ known: true, cluster: true, claim: false }),
    state: async () => states[Math.min(at++, states.length - 1)],
    setAsleep: async (is) => {
      told.push(is);
    },
  };
  return { operated, told, looked: () => at };
}
const fast = { patienceSeconds: 5, settledSeconds: 0, pauseMs: 1 };

describe("the servers", () => {
  test("are woken and waited for until all of them are ready in the operator's own word", async () => {
    const { operated, told, looked } = operatedOf(
      undefined,
      seen("", 0),
      seen("Setting up primary", 1),
      seen("Cluster in healthy state", 1),
      healthy,
    );
    expect(await awake(operated, "postgres", fast)).toEqual({ awake: true });
    expect(told).toEqual([false]);
    expect(looked()).toBe(5);
  });

  test("are not believed at once: the phase may be of before the change", async () => {
    const { operated, looked } = operatedOf(healthy, seen("Upgrading cluster", 2), healthy);
    await awake(operated, "postgres", { ...fast, settledSeconds: 0.05 });
    expect(looked()).toBeGreaterThan(3);
  });

  test("that do not come are told in the operator's words", async () => {
    const { operated } = operatedOf(seen("Cluster is unrecoverable and needs manual intervention", 0));
    await expect(awake(operated, "postgres", { ...fast, patienceSeconds: 0.02 })).rejects.toThrow(
      'the servers of postgres did not all get ready: "Cluster is unrecoverable and needs manual intervention", 0 of 2 ready after 0.02 s',
    );
  });

  test("sleep when the stack goes; a Cluster that is gone has none", async () => {
    const going = operatedOf(healthy, healthy, seen("Cluster in healthy state", 0, true));
    await asleep(going.operated, "postgres", fast);
    expect(going.told).toEqual([true]);
    const gone = operatedOf(undefined);
    await asleep(gone.operated, "postgres", fast);
    expect(gone.told).toEqual([]);
  });

  test("are read from what the operator writes", () => {
    const conditions = [
      { type: "Ready", status: "False" },
      { type: "cnpg.io/hibernation", status: "True" },
    ];
    expect(stateOf({ spec: { instances: 2 } })).toEqual({ phase: "", wanted: 2, ready: 0, asleep: false });
    expect(stateOf({ spec: { instances: 2 }, status: { phase: "x", readyInstances: 1, conditions } })).toEqual({
      phase: "x",
      wanted: 2,
      ready: 1,
      asleep: true,
    });
  });
});

const primary = { "cnpg.io/instanceRole": "primary" };
const pod = (id: string, state: Observed["state"] = "running"): Observed => ({
  ...{ id, name: id, labels: primary, state, image: "x" },
});

function podsOf(...pods: readonly Observed[]) {
  const asked: { readonly id: string; readonly command: Command }[] = [];
  const server = chosenServer(
    {
      list: async (labels) => (labels === primary ? pods : []),
      exec: async (id, command) => {
        asked.push({ id, command });
        return { exitCode: 0, output: "17.12" };
      },
      logs: async (id) => `the log of ${id}`,
    },
    primary,
  );
  return { server, asked };
}

describe("the superuser's commands", () => {
  test("go to the pod that writes now, and only with one there is", async () => {
    const { server, asked } = podsOf(pod("postgres-1", "stopped"), pod("postgres-2"));
    await server.exec("postgres", { argv: ["true"] });
    expect(asked).toEqual([{ id: "postgres-2", command: { argv: ["true"] } }]);
    expect(await server.logs("postgres", 3)).toBe("the log of postgres-2");
    for (const pods of [[], [pod("postgres-1"), pod("postgres-2")]])
      await expect(podsOf(...pods).server.exec("postgres", { argv: ["true"] })).rejects.toThrow(
        `${pods.length} pods run with {"cnpg.io/instanceRole":"primary"}: wanted is one`,
      );
  });

  test("leave the servers their way to each other, before everybody is shut out", () => {
    const grant = 'GRANT CONNECT ON DATABASE "postgres" TO "streaming_replica";\n';
    expect(operatedRolesSql("orders", 1)).toBe(`${grant}${rolesSql("orders", 1)}`);
  });

  test("prove the app's way in by a variable: the pod has its password in no file", async () => {
    const { server, asked } = podsOf(pod("postgres-1"));
    const accepts = acceptsOperated("orders", 1);
    const passwords = { ownerPassword: "owner-password", appPassword: "app-password" };
    const inputs = {
      host: "",
      place,
      container: "postgres",
      chosen: primary,
      sql: "SELECT 1;",
      accepts,
      certificate: "",
    };
    await reconcileRoles(server, { ...inputs, ...passwords }, { patienceSeconds: 1, pauseMs: 1 });
    expect(asked.at(-1)?.command).toEqual({
      argv: [
        "sh",
        "-c",
        'PGPASSWORD="$SLIPWAY_APP_PASSWORD" PGAPPNAME=health PGCONNECT_TIMEOUT=3 PGSSLMODE=verify-full ' +
          "PGSSLROOTCERT=/controller/certificates/server-ca.crt psql -XAt -h 127.0.0.1 -U orders_app_b -d orders -c 'SELECT 1' | grep -qx 1",
      ],
      env: { SLIPWAY_APP_PASSWORD: "app-password" },
    });
  });
});
