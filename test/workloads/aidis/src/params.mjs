/** Parameters of a request, each checked where it is read. */
import { Refusal } from "./errors.mjs";

const longest = 1_000_000;

export function text(params, name, fallback) {
  const value = params[name] ?? fallback;
  if (typeof value === "string" && value !== "" && value.length <= longest && !value.includes("\0")) return value;
  throw new Refusal("bad_request", `params.${name}: allowed is a text of 1 to ${longest} characters`);
}

export function optionalText(params, name) {
  return params[name] === undefined || params[name] === null ? null : text(params, name);
}

export function wholeNumber(params, name, fallback, low, high) {
  const value = params[name] ?? fallback;
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Refusal("bad_request", `params.${name}: allowed is a whole number from ${low} to ${high}`);
}

export function tagsOf(params) {
  const value = params["tags"] ?? null;
  if (value === null || (Array.isArray(value) && value.every((one) => typeof one === "string" && !one.includes("\0"))))
    return value;
  throw new Refusal("bad_request", "params.tags: allowed is a list of texts");
}

export function oneOf(params, name, allowed) {
  const value = params[name] ?? allowed[0];
  if (allowed.includes(value)) return value;
  throw new Refusal("bad_request", `params.${name}: allowed is one of ${allowed.join(", ")}`);
}
