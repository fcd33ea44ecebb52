/** What the path of a request is once an app has decoded it and dropped what says nothing: its own variable, the request stays as it came. */
const normalized = [
  "path",
  // An app decodes once. What cannot be decoded gives no path at all, and is refused.
  "url_dec",
  String.raw`regsub("\\\\","/",g)`,
  // Path parameters: `/metrics;x`.
  'regsub(";[^/]*","",g)',
  // `//` and `/./` lead where `/` leads.
  String.raw`regsub("/(\.?/)+","/",g)`,
  String.raw`regsub("/\.?$","",g)`,
].join(",");

/** What may follow a private path: nothing, what is below it, or the end of a line, which some routers (Starlette's `$`) do not see. */
const end = "([/[:cntrl:][:space:]]|$)";

/**
 * Lines for the users' frontend: 404 for these paths and all below them, however they are written. Letters count as equal whatever their
 * case, because some routers (Express) do so. `..` is refused altogether: no client sends it, and each server reads it otherwise.
 */
export function privateRules(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return [];
  const wrong = paths.find((path) => !/^(\/(?!\.\.?(\/|$))[A-Za-z0-9._~-]+)+$/.test(path));
  if (wrong !== undefined)
    throw new Error(
      `private path "${wrong}": allowed are / and letters, digits, . _ ~ - after it, without a / at the end`,
    );
  const below = paths.map((path) => `^${path.replaceAll(".", String.raw`\.`)}${end}`);
  const refuse = (condition: string) => `  http-request return status 404 ${condition}`;
  return [
    `  http-request set-var(txn.path) '${normalized}'`,
    refuse("unless { var(txn.path) -m found }"),
    refuse(String.raw`if { var(txn.path) -m reg '/\.\.(/|$)' }`),
    refuse(`if { var(txn.path) -m reg -i '${below.join("|")}' }`),
  ];
}
