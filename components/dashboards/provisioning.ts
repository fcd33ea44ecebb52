import { stringify } from "yaml";

/** A contract as the dashboards' own uids are. */
export const datasourceUid = "slipway-prometheus";

/** Below the folder that is mounted as /etc/grafana/provisioning. */
export const dashboardsFolder = "provisioning/dashboards";
const inGrafana = "/etc/grafana/provisioning/dashboards";

/** What Grafana reads at its start, beside the dashboards. @param url of Prometheus, as Grafana reaches it */
export function provisioningFiles(
  uid: string,
  url: string,
): readonly { readonly name: string; readonly content: string }[] {
  return [
    { name: "provisioning/datasources/slipway.yaml", content: datasources(uid, url) },
    { name: `${dashboardsFolder}/slipway.yaml`, content: providers() },
  ];
}

/** Grafana's file that names Prometheus. */
export function datasources(uid: string, url: string): string {
  return stringify({
    apiVersion: 1,
    datasources: [
      {
        name: "Prometheus",
        uid,
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
export function providers(): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: "slipway",
        type: "file",
        folder: "Slipway",
        folderUid: "slipway",
        editable: false,
        options: { path: inGrafana },
      },
    ],
  });
}
