/**
 * The words for a system of one's own. A file that `slipway:system` names imports them as `slipway`, wherever it lies:
 * `import { defineSystem, section } from "slipway"`.
 */

export { type Logged, lineAlert } from "../../components/alerts/logged.ts";
export type { EnvValue, SecretValue, Workload } from "../../components/app/spec.ts";
export { meanLatency, noneOf, type Trigger } from "../../components/bake/spec.ts";
export {
  graph,
  limited,
  mean,
  now,
  perSecond,
  quantile,
  share,
  value,
  within,
} from "../../components/dashboards/panels.ts";
export { webRow } from "../../components/dashboards/python.ts";
export type { Panel, Row } from "../../components/dashboards/spec.ts";
export type { LogPattern } from "../../components/logs/count.ts";
export { alembic, type SchemaSpec } from "../../components/migration/spec.ts";
export { type OllamaDefaults, ollamaOf } from "../../components/ollama/options.ts";
export { type Model, ollamaUrl } from "../../components/ollama/spec.ts";
export {
  choice,
  decimal,
  flag,
  integer,
  list,
  port,
  secretText,
  secretValue,
  text,
  variableName,
  variableValue,
} from "../../components/options/kinds.ts";
export { mapOf, optional, required, section, withDefault } from "../../components/options/option.ts";
export { everywhere, inProduction, type Rule, refuse } from "../../components/options/rule.ts";
export type { Probe } from "../../components/probe/spec.ts";
export type { Route, TcpRoute } from "../../components/switch/spec.ts";
export type { Settings } from "../config/settings.ts";
export { defineSystem, type OwnSystem } from "./define.ts";
export type { Minimum, System } from "./system.ts";
