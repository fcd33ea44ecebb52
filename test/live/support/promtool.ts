import { stringify } from "yaml";
import { alertsOf, rulesFile, rulesText } from "../../../components/alerts/rules.ts";
import type { Watched } from "../../../components/alerts/spec.ts";
import { cases } from "../../fixtures/alert-cases.ts";

export interface PromtoolFiles {
  /** By name, in one folder: `rules.yml` is a system's whole file; each alert has its rule and its tests. */
  readonly files: Readonly<Record<string, string>>;
  /** For `promtool test rules`. */
  readonly tests: readonly string[];
}

/** Each alert of a system with its firing and its quiet case. */
export function promtoolFiles(watched: Watched): PromtoolFiles {
  const each = alertsOf(watched).map((alert) => {
    const { name } = alert;
    const made = cases[name]?.(watched);
    if (made === undefined) throw new Error(`the alert ${name} has no case in test/fixtures/alert-cases.ts`);
    const one = (kind: "firing" | "quiet") => ({
      name: `${name} ${kind}`,
      interval: "1m",
      input_series: Object.entries(made[kind]).map(([series, values]) => ({ series, values })),
      promql_expr_test: [
        {
          expr: `group(ALERTS{alertname="${name}",alertstate="firing"})`,
          eval_time: made.at ?? "2h",
          exp_samples: kind === "firing" ? [{ labels: "{}", value: 1 }] : [],
        },
      ],
    });
    const tests = [one("firing"), one("quiet")];
    const file = { rule_files: [`${name}.rules.yml`], evaluation_interval: "1m", tests };
    return {
      [`${name}.rules.yml`]: rulesText(watched, [alert], 1),
      [`${name}.tests.yml`]: stringify(file, { lineWidth: 0 }),
    };
  });
  const files: Readonly<Record<string, string>> = Object.assign({ "rules.yml": rulesFile(watched) }, ...each);
  return { files, tests: Object.keys(files).filter((name) => name.endsWith(".tests.yml")) };
}
