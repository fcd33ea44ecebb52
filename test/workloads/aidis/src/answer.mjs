/** One line in, one line out. */
import { errorTypes, Refusal } from "./errors.mjs";
import { disturb } from "./fault.mjs";
import { log } from "./log.mjs";
import { methods as analytics } from "./methods/analytics.mjs";
import { methods as contexts } from "./methods/contexts.mjs";
import { methods as projects } from "./methods/projects.mjs";
import { methods as sessions } from "./methods/sessions.mjs";
import { methods as system } from "./methods/system.mjs";
import { Counter, requestTime } from "./metrics.mjs";

const methods = new Map(Object.entries({ ...system, ...projects, ...sessions, ...contexts, ...analytics }));

const requests = new Counter(
  "aidis_requests_total",
  "Requests by method and result",
  [...methods.keys()].flatMap((method) => ["ok", "internal"].map((result) => ({ method, result }))),
);
const errors = new Counter(
  "aidis_errors_total",
  "Answers that are an error, by type",
  errorTypes.map((type) => ({ type })),
);

/** A page in a browser must not use the server in its user's name: who speaks for one says its origin. */
function refuseOrigin({ cors, origins }, origin) {
  if (origin === undefined) return;
  if (!cors) throw new Refusal("forbidden", "ENABLE_CORS is false: no web page may call");
  if (!origins.includes("*") && !origins.includes(origin))
    throw new Refusal("forbidden", `origin ${origin} is not in ALLOWED_ORIGINS`);
}

function parse(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch {
    throw new Refusal("bad_request", "not JSON");
  }
  const { method, params = {} } = request ?? {};
  if (typeof method !== "string" || params === null || typeof params !== "object" || Array.isArray(params))
    throw new Refusal("bad_request", 'allowed is {"method": NAME, "id": any, "params": {...}}');
  return { ...request, params };
}

function shown(error, settings) {
  if (error instanceof Refusal) return { type: error.type, message: error.message };
  log("error", "request failed", { error: error.message, code: error.code });
  // What the database says may hold data of others.
  return { type: "internal", message: settings.nodeEnv === "production" ? "internal error" : error.message };
}

/** The answer to one line; never throws. */
export async function answer(line, context) {
  const { settings } = context;
  const began = performance.now();
  let request;
  let result = "ok";
  let body;
  try {
    request = parse(line);
    const run = methods.get(request.method);
    if (run === undefined)
      throw new Refusal("unknown_method", `no method ${request.method}; there are ${[...methods.keys()].join(", ")}`);
    refuseOrigin(settings, request.origin);
    await disturb();
    body = { ok: true, result: await run(context, request.params) };
  } catch (error) {
    const known = shown(error, settings);
    result = known.type;
    errors.add({ type: result });
    body = { ok: false, error: known };
  }
  // Strangers must not make new series.
  const method = methods.has(request?.method) ? request.method : "unknown";
  requests.add({ method, result });
  requestTime.observe((performance.now() - began) / 1000);
  log("debug", "request", { method, result });
  return { ...(request?.id !== undefined && { id: request.id }), version: settings.version, ...body };
}
