import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const own = new kubernetes.core.v1.Namespace("namespace", { metadata: { name: config.require("namespace") } });
const namespace = own.metadata.name;

const text = new kubernetes.core.v1.ConfigMap("text", {
  metadata: { namespace, labels: { level: config.require("label") } },
  immutable: true,
  data: { text: config.require("text") },
});
const word = new kubernetes.core.v1.Secret("word", {
  metadata: { namespace },
  immutable: true,
  stringData: { word: config.requireSecret("word") },
});
const labels = { "slipway.part": "idle" };
new kubernetes.apps.v1.Deployment("idle", {
  metadata: { name: "idle", namespace },
  spec: {
    replicas: 1,
    progressDeadlineSeconds: 20,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "idle",
            image: config.require("image"),
            imagePullPolicy: "IfNotPresent",
            command: ["sh", "-c", config.require("command")],
            envFrom: [{ configMapRef: { name: text.metadata.name } }, { secretRef: { name: word.metadata.name } }],
            readinessProbe: { exec: { command: ["test", "-f", "/tmp/ready"] }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
});
