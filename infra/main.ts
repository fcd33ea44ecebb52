import * as pulumi from "@pulumi/pulumi";
import { fewerFrames } from "./frames.ts";

fewerFrames();

// Each platform loads its own providers alone: the Kubernetes SDK takes longer to load than a whole preview on Docker.
const config = new pulumi.Config("slipway");
const platform = config.get("platform");
const isManaged = platform === "aws" && config.getObject<{ readonly shape?: unknown }>("aws")?.shape === "managed";

async function outputs() {
  if (platform === "kubernetes") return (await import("./on-kubernetes.ts")).onKubernetes();
  if (isManaged) return (await import("./on-aws.ts")).onAws();
  return { ...(await import("./index.ts")) };
}

export default await outputs();
