/** Where a value stands below the namespace: ["app", "corsOrigins", 0]. */
export type Path = readonly (string | number)[];

export const namespace = "slipway";

/**
 * `slipway:app.corsOrigins[0]`, `slipway:registries["ghcr.io"].password`: as `pulumi config set --path` takes it, which knows one escape,
 * `\"`, and takes every other backslash for itself (sdk/go/common/resource/properties_path.go).
 */
export function formatPath(path: Path): string {
  const steps = path.map((step, place) => {
    if (typeof step === "number") return `[${step}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `["${step.replaceAll('"', '\\"')}"]`;
    return place === 0 ? step : `.${step}`;
  });
  return `${namespace}:${steps.join("")}`;
}

/** An object that is no list and not null: what YAML and JSON call a map. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands there, own properties only: a path such as `constructor` must find nothing. */
export function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined,
    tree,
  );
}

/** The tree with one value put in; records on the way are made where missing. */
export function withValueAt(tree: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === "number") {
    const items: readonly unknown[] = Array.isArray(tree) ? tree : [];
    return items.map((item, place) => (place === step ? withValueAt(item, rest, value) : item));
  }
  const record = isRecord(tree) ? tree : {};
  return { ...record, [step]: withValueAt(valueAt(record, [step]), rest, value) };
}

/** True if one is the other or stands above it. */
export function related(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((step, place) => step === b[place]);
}
