import { describe, expect, test } from "vitest";
import { objectName, podLabels, podOf, selectorOf } from "../../../components/container/kubernetes.ts";
import type { ContainerSpec } from "../../../components/container/spec.ts";
import { redisContainer } from "../../../components/redis/spec.ts";

const place = { stack: "local", system: "tmws" };
const limits = { cpus: 0.5, memoryMb: 256, pids: 64 };
const redis = redisContainer(place, { image: "slipway/redis:0123", network: "slipway-local_private", limits });
const volumes = {
  "slipway-local_redis-config": { kind: "files", configMap: "redis-config-0", secret: "redis-users-0" },
} as const;

describe("a container as a pod", () => {
  test("is the same container, as Pod Security restricted wants it", () => {
    const health =
      'REDISCLI_AUTH="$(cat /usr/local/etc/redis/password)" redis-cli --user operator ping | grep -qx PONG';
    const ask = { exec: { command: ["sh", "-c", health] }, timeoutSeconds: 3 };
    expect(podOf({ spec: redis, volumes, restart: "Always" })).toEqual({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 999,
        runAsGroup: 999,
        fsGroup: 999,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "redis",
          image: "slipway/redis:0123",
          imagePullPolicy: "IfNotPresent",
          args: ["redis-server", "/usr/local/etc/redis/redis.conf"],
          env: [],
          resources: { requests: { cpu: "125m", memory: "256Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [
            { name: "redis-data", mountPath: "/data" },
            { name: "redis-config", mountPath: "/usr/local/etc/redis", readOnly: true },
            { name: "tmp-tmp", mountPath: "/tmp" },
          ],
          startupProbe: { ...ask, periodSeconds: 2, failureThreshold: 15 },
          readinessProbe: { ...ask, periodSeconds: 10, failureThreshold: 3 },
        },
      ],
      volumes: [
        { name: "redis-data", persistentVolumeClaim: { claimName: "redis-data" } },
        {
          name: "redis-config",
          projected: {
            defaultMode: 0o440,
            sources: [{ configMap: { name: "redis-config-0" } }, { secret: { name: "redis-users-0" } }],
          },
        },
        { name: "tmp-tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
      ],
    });
  });

  test("has its variables sorted, secrets by name, a GPU by request, and drains before it ends", () => {
    const spec = { ...redis, env: { B: "2", A: "1" }, gpu: true };
    const pod = podOf({ spec, secretEnv: ["app-env"], drainSeconds: 5, restart: "Always" });
    expect(pod.terminationGracePeriodSeconds).toBe(35);
    expect(pod.containers[0]).toMatchObject({
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
      envFrom: [{ secretRef: { name: "app-env" } }],
      resources: { limits: { "nvidia.com/gpu": "1" } },
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
    });
  });

  test("has what goes before it in the same image, with its own volumes beside", () => {
    const before = {
      name: "handover",
      argv: ["sh", "-c", "true"],
      mounts: [{ volume: "slipway-local_backups", path: "/backup" }],
    };
    const pod = podOf({ spec: redis, before, restart: "Always" });
    expect(pod.initContainers).toHaveLength(1);
    expect(pod.initContainers?.[0]).toMatchObject({
      name: "handover",
      image: redis.image,
      command: ["sh", "-c", "true"],
      args: [],
    });
    expect(pod.initContainers?.[0]).not.toHaveProperty("readinessProbe");
    expect(pod.volumes.map(({ name }) => name)).toEqual(["redis-data", "redis-config", "backups", "tmp-tmp"]);
  });

  test("that is there for moments takes what cores are free", () => {
    const { resources } = podOf({ spec: redis, restart: "Never", brief: true }).containers[0] ?? {};
    expect(resources).toEqual({ requests: { cpu: "50m", memory: "256Mi" }, limits: { cpu: "500m", memory: "256Mi" } });
  });

  test("reads plain files from a ConfigMap of the volume's name", () => {
    const mounts = [{ volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true, plainFiles: true }];
    const { volumes: all } = podOf({ spec: { ...redis, mounts }, restart: "Never" });
    expect(all[0]).toEqual({
      name: "trust",
      projected: { defaultMode: 0o440, sources: [{ configMap: { name: "trust" } }] },
    });
  });

  const refused: readonly [string, Partial<ContainerSpec>, RegExp][] = [
    ["the host's network", { network: "host" }, /host's network/],
    ["root", { user: "0:0" }, /runs as root/],
    ["a capability", { capabilities: ["NET_ADMIN"] }, /NET_ADMIN/],
    ["a service on the host", { hostGateway: true }, /no one host/],
    ["a port of the host", { ports: [{ address: "127.0.0.1", port: 1, inside: 1 }] }, /Service or an Ingress/],
  ];
  test.each(refused)("cannot have %s", (_, change, why) => {
    expect(() => podOf({ spec: { ...redis, ...change }, restart: "Always" })).toThrow(why);
  });
});

test("names lose the stack, which is the namespace's, and what no object's name may have", () => {
  expect(objectName("slipway-local_redis-data.g2")).toBe("redis-data-g2");
  expect(objectName("slipway-a-b_app")).toBe("app");
});

test("a pod says that it may go out; what selects it does not", () => {
  const spec = {
    ...redis,
    network: [
      { name: "slipway-local_private", aliases: [] },
      { name: "slipway-local_egress", aliases: [] },
    ],
  };
  expect(podLabels(spec)["slipway.egress"]).toBe("true");
  expect(podLabels(redis)["slipway.egress"]).toBeUndefined();
  expect(selectorOf(spec)).toEqual({ "slipway.stack": "local", "slipway.part": "redis" });
});
