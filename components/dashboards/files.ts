import { toGrafana } from "./grafana.ts";
import { dashboardsFolder } from "./provisioning.ts";
import type { Dashboard } from "./spec.ts";

/** Dashboards as files of JSON. @param datasource uid of Grafana's data source */
export function dashboardFiles(
  dashboards: readonly Dashboard[],
  datasource: string,
): readonly { readonly name: string; readonly content: string }[] {
  return dashboards.map((dashboard) => ({
    name: `${dashboardsFolder}/${dashboard.uid}.json`,
    content: `${JSON.stringify(toGrafana(dashboard, datasource), undefined, 2)}\n`,
  }));
}
