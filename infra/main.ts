import * as pulumi from "@pulumi/pulumi";
import { fewerFrames } from "./frames.ts";

fewerFrames();

// Each platform loads its own providers alone: the Kubernetes SDK takes longer to load than a whole preview on Docker.
const onKubernetes = new pulumi.Config("slipway").get("platform") === "kubernetes";

export default onKubernetes
  ? await (await import("./on-kubernetes.ts")).onKubernetes()
  : { ...(await import("./index.ts")) };
