import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dashboardsOf } from "../../components/dashboards/all.ts";
import { dashboardFiles } from "../../components/dashboards/files.ts";
import { datasourceUid, provisioningFiles } from "../../components/dashboards/provisioning.ts";
import { renderProblems } from "../../infra/config/problem.ts";
import { watchedOf } from "../../infra/platforms/docker/scraped.ts";
import { watchSources } from "../../infra/platforms/docker/watched.ts";
import type { Arguments } from "../arguments.ts";
import { readStackConfig } from "../env/stack.ts";
import { prepareFor } from "../prepare.ts";
import { contextOf } from "../stack.ts";
import { readStackFile } from "../stack-file.ts";
import { dashboardsWish } from "./options.ts";

/** Writes a stack's dashboards as Grafana imports them, a file for each, and what provisions them; what lies there under other names stays. */
export async function dashboards(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const { stack } = wishes;
  const wish = dashboardsWish(wishes.rest);
  const prepared = await prepareFor(wishes);
  const { reading, system } = await readStackConfig(prepared, contextOf(prepared, stack), await textOf(stack));
  if ("problems" in reading) throw new Error(renderProblems(reading.problems));
  const { datasource = datasourceUid(stack) } = wish;
  const exporters = [...watchSources({ settings: reading.settings, system })];
  const files = [
    ...dashboardFiles(stack, dashboardsOf(watchedOf(stack, system, exporters), system.panels ?? []), datasource),
    ...provisioningFiles(stack, datasource, wish.prometheus),
  ];
  for (const { name, content } of files) {
    const path = join(wish.out, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    console.log(path);
  }
  say(`Grafana takes ${join(wish.out, "provisioning")} as its /etc/grafana/provisioning; or import the JSON files`);
  return 0;
}

/** The stack need not run: its file says what it is made of. */
async function textOf(stack: string): Promise<string> {
  const text = await readStackFile(stack);
  if (text === undefined)
    throw new Error(`there is no Pulumi.${stack}.yaml; \`npm start -- --stack ${stack}\` makes the stack`);
  return text;
}
