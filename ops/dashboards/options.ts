import { prometheusUrl } from "../../components/prometheus/spec.ts";
import { notKnown, wantsValue, wordsApart } from "../arguments.ts";

export interface Wish {
  /** Folder, made when it is not there. */
  readonly out: string;
  /** Uid of Grafana's data source; undefined: the stack's own. */
  readonly datasource: string | undefined;
  /** Where Grafana reaches Prometheus. */
  readonly prometheus: string;
}

const usage = "npm run dashboards -- --out DIR [--datasource UID] [--prometheus URL] [--stack NAME]";
const options = ["--out", "--datasource", "--prometheus"];

/** @throws Error in words for the user */
export function dashboardsWish(rest: readonly string[]): Wish {
  const given = new Map<string, string>();
  const words = wordsApart(rest, options);
  for (let at = 0; at < words.length; at += 2) {
    const [option = "", value = ""] = words.slice(at);
    if (!options.includes(option)) throw notKnown(option, usage);
    if (value === "" || value.startsWith("-")) throw wantsValue(option, usage);
    given.set(option, value);
  }
  const out = given.get("--out");
  if (out === undefined) throw new Error(`--out is wanted, the folder that the files go to: ${usage}`);
  const datasource = given.get("--datasource");
  if (datasource !== undefined && !/^[A-Za-z0-9_-]{1,40}$/.test(datasource))
    throw new Error(`--datasource ${datasource}: allowed are letters, digits, - and _, at most 40: ${usage}`);
  const prometheus = given.get("--prometheus") ?? prometheusUrl;
  if (!/^https?:\/\/\S+$/.test(prometheus))
    throw new Error(`--prometheus ${prometheus}: allowed is a URL of http or https: ${usage}`);
  return { out, datasource, prometheus };
}
