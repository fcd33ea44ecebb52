import { choice, integer, isHostName, port, text } from "../options/kinds.ts";
import { mapOf, optional, required, section, withDefault } from "../options/option.ts";

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const objectName = (what: string, example: string) =>
  text((value) => value.split(".").every((part) => dnsLabel.test(part)), {
    allowed: `the name of a ${what}: small letters, digits, hyphens and dots`,
    example,
    ask: `<${what}>`,
  });

const context = text((value) => value.trim() === value && value !== "" && !value.includes("/"), {
  allowed: "the name of a context in your kubeconfig, without /",
  example: "production",
  ask: "<context>",
});

const registry = text((value) => isRegistry(value), {
  allowed: "a registry's host, a port and a path if you like, such as registry.example.com/team",
  example: "registry.example.com/team",
  ask: "<registry>",
});

function isRegistry(value: string): boolean {
  const [host = "", ...path] = value.split("/");
  const [name = "", at] = host.split(":");
  return isHostName(name) && (at === undefined || /^\d{1,5}$/.test(at)) && path.every((part) => dnsLabel.test(part));
}

/** Where in which cluster a stack runs; only for `platform: kubernetes`. */
export const kubernetesOptions = section({
  context: optional("Context of your kubeconfig.", context, "the kubeconfig's current one"),
  namespace: optional(
    "Namespace of this stack alone; made, and kept when the stack goes.",
    text((value) => dnsLabel.test(value) && !/^(default|kube-.*)$/.test(value), {
      allowed: "a namespace's name, neither default nor kube-*",
      example: "slipway-production",
    }),
    "slipway-<stack>",
  ),
  storageClass: optional(
    "StorageClass of the data's volumes.",
    objectName("StorageClass", "fast"),
    "the cluster's default",
  ),
  volumeGb: withDefault("Size of each data volume.", integer(1, 65_536, "gigabytes", 10), 10),
  registry: optional(
    "Registry that has the images that Slipway builds, under their own names: push them there before a release.",
    registry,
    "none: the nodes have them by those names",
  ),
  ingressClass: optional(
    "IngressClass that answers the edge's domain.",
    objectName("IngressClass", "nginx"),
    "no Ingress",
  ),
  issuer: optional(
    "cert-manager's ClusterIssuer of the Ingress' certificate.",
    objectName("ClusterIssuer", "letsencrypt"),
    "the ingress controller's own certificate",
  ),
  loadBalancer: mapOf(
    "Annotations of the load balancer by which `tcp.public` publishes raw TCP. By them it must end TLS: the product speaks in clear.",
    text((value) => /^([a-z0-9.-]+\/)?[A-Za-z0-9._-]+$/.test(value), {
      allowed: "the name of an annotation",
      example: "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    }),
    required(
      "Value of the annotation.",
      text((value) => value !== "" && value.length <= 2048 && !/[\r\n]/.test(value), {
        allowed: "one line of 1 to 2048 characters",
        example: "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d",
      }),
    ),
  ),
  monitoring: optional(
    "Namespace of a Prometheus of the Prometheus Operator: it gets a ServiceMonitor for each of the product's metrics, and may ask for them.",
    text((value) => dnsLabel.test(value), { allowed: "a namespace's name", example: "monitoring" }),
    "the stack's own Prometheus alone scrapes",
  ),
  autoscale: section({
    max: optional(
      "Most replicas of each workload that answers users; the cluster's own autoscaler decides, by a metrics server that it must have.",
      integer(1, 1000, "replicas", 6),
      "no autoscaler: the replicas are the system's",
    ),
    min: withDefault("Fewest replicas under an autoscaler.", integer(1, 1000, "replicas", 2), 2),
    cpuPercent: withDefault(
      "Use of the processor, of a quarter of the pod's limit, above which replicas are added.",
      integer(1, 1000, "percent", 70),
      70,
    ),
  }),
  postgres: section({
    operator: withDefault(
      "Who runs PostgreSQL: `none` is a StatefulSet of one server, `cloudnative-pg` a Cluster of that operator, which must be in the cluster. What a stack began with it keeps.",
      choice(["none", "cloudnative-pg"]),
      "none",
    ),
    instances: optional(
      "Servers of the Cluster, each with a volume: one writes, the others follow and take over when it is lost. From 2 on a write is acknowledged when another has it too.",
      integer(1, 9, "servers", 3),
      "1 in tier small, else 3",
    ),
    operatorNamespace: withDefault(
      "Namespace of the operator, which may ask the servers how they are.",
      text((value) => dnsLabel.test(value), { allowed: "a namespace's name", example: "cnpg-system" }),
      "cnpg-system",
    ),
  }),
  nodePort: optional("Port of every node that answers without TLS, for tests.", port, "none"),
});
