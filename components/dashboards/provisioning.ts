import { stringify } from "yaml";

/** Of a stack's Prometheus; a contract as the dashboards' own uids are, and at most 40 letters as well. */
export function datasourceUid(stack: string): string {
  return `slipway-${stack}`;
}

/** Below what is mounted as /etc/grafana/provisioning. A folder for each stack: one Grafana may show several. */
export function dashboardsFolder(stack: string): string {
  return `provisioning/dashboards/${stack}`;
}

/** What Grafana reads at its start, beside the dashboards. @param url of Prometheus, as Grafana reaches it */
export function provisioningFiles(
  stack: string,
  uid: string,
  url: string,
): readonly { readonly name: string; readonly content: string }[] {
  return [
    { name: `provisioning/datasources/${stack}.yaml`, content: datasources(stack, uid, url) },
    { name: `provisioning/dashboards/${stack}.yaml`, content: providers(stack) },
  ];
}

/** Grafana's file that names Prometheus. */
export function datasources(stack: string, uid: string, url: string): string {
  return stringify({
    apiVersion: 1,
    datasources: [
      {
        name: `Prometheus of ${stack}`,
        uid,
        type: "prometheus",
        access: "proxy",
        url,
        editable: false,
        // How often it scrapes: below four times this Grafana asks for no rate.
        jsonData: { timeInterval: "5s", httpMethod: "POST" },
      },
    ],
  });
}

/** Grafana's file that names the folder where the dashboards lie. */
export function providers(stack: string): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: `slipway-${stack}`,
        type: "file",
        folder: "Slipway",
        editable: false,
        options: { path: `/etc/grafana/${dashboardsFolder(stack)}` },
      },
    ],
  });
}
