import { stringify } from "yaml";
import { prometheusUrl } from "../prometheus/spec.ts";

/** A contract as the dashboards' own uids are. */
export const datasourceUid = "slipway-prometheus";

/** Grafana's file that names the stack's Prometheus. @param url of a Prometheus that is elsewhere */
export function datasources(url: string = prometheusUrl): string {
  return stringify({
    apiVersion: 1,
    datasources: [
      {
        name: "Prometheus",
        uid: datasourceUid,
        type: "prometheus",
        access: "proxy",
        url,
        isDefault: true,
        editable: false,
        // How often it scrapes: below four times this Grafana asks for no rate.
        jsonData: { timeInterval: "5s", httpMethod: "POST" },
      },
    ],
  });
}

/** Grafana's file that names the folder where the dashboards lie. */
export function providers(path: string): string {
  return stringify({
    apiVersion: 1,
    providers: [
      { name: "slipway", type: "file", folder: "Slipway", folderUid: "slipway", editable: false, options: { path } },
    ],
  });
}
