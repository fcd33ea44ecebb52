import * as pulumi from "@pulumi/pulumi";
import { type ClusterPlace, claim, configFiles, part } from "../cluster/resource.ts";
import { resourceName } from "../container/spec.ts";
import { type PrometheusSpec, prometheusContainer, prometheusFiles, prometheusPort } from "./spec.ts";

export interface ClusterPrometheusArgs {
  /** Off keeps the data's claim, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly at: ClusterPlace;
  readonly spec: Omit<PrometheusSpec, "remote" | "watch">;
}

/** Prometheus in a stack's namespace, which no Ingress leads to. */
export class ClusterPrometheus extends pulumi.ComponentResource {
  readonly server: pulumi.Resource | undefined;

  constructor(name: string, { enabled, at, spec }: ClusterPrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:Prometheus", name, {}, opts);
    const own = { parent: this };
    const data = claim(at, resourceName(at.place, "prometheus-data"), own);
    if (enabled) {
      const configMap = configFiles(at, "prometheus-config", prometheusFiles(spec), own);
      const volumes = { [resourceName(at.place, "prometheus-config")]: { kind: "files", configMap } } as const;
      const wish = { spec: prometheusContainer(at.place, spec), volumes, port: prometheusPort, after: [data] };
      this.server = part(at, name, wish, own);
    }
    this.registerOutputs({});
  }
}
