/**
 * `aidis-validate --host H --port P`: the guide's validation suite of 21 checks (guide 002, "7.1"), then its two benchmarks ("7.2"), measured.
 * Exit code 0 when 95 % pass. Removes what it wrote; the audit trail keeps its word of it.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { lastCheck, protocolChecks } from "./checks.mjs";
import { databaseChecks } from "./checks-database.mjs";
import { Client } from "./client.mjs";
import { settingsOf } from "./config.mjs";
import { Client as DatabaseClient } from "./database.mjs";

const passRate = 0.95;
const measurements = 20;

const checks = [...databaseChecks, ...protocolChecks, lastCheck];

async function runCheck([name, check], state) {
  try {
    await check(state);
    console.log(`ok ${name}`);
    return true;
  } catch (error) {
    console.log(`FAILED ${name}: ${error.message}`);
    return false;
  }
}

async function median(work) {
  const times = [];
  for (let turn = 0; turn < measurements; turn += 1) times.push(await work());
  return times.sort((a, b) => a - b)[measurements / 2];
}

async function timed(work) {
  const began = performance.now();
  const result = await work();
  return { result, ms: performance.now() - began };
}

function report(what, ms, target) {
  console.log(`${what}: ${ms.toFixed(1)} ms (target < ${target})${ms < target ? "" : " WARNING: missed"}`);
}

async function benchmarks({ client, user }) {
  const creation = await median(async () => {
    const { result, ms } = await timed(() => client.must("session_start", { user, agent_type: "validation" }));
    await client.must("session_end", { token: result.token });
    return ms;
  });
  report("session creation", creation, 50);
  const resolution = await median(async () => (await timed(() => client.must("project_current", { user }))).ms);
  report("project resolution", resolution, 25);
}

async function tidy({ client, project, user, database }) {
  await client.ask("project_delete", { name: project, user });
  // Sessions in the system's own project, ended by now.
  await database.query("DELETE FROM sessions WHERE user_name = $1", [user]);
}

async function main() {
  const { values } = parseArgs({
    options: { host: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "3001" } },
  });
  const settings = settingsOf();
  const database = new DatabaseClient({
    connectionString: settings.database.connectionString,
    connectionTimeoutMillis: 5_000,
    application_name: "aidis-validate",
  });
  await database.connect();
  const client = await Client.connect(values.host, Number(values.port));
  const mark = randomBytes(6).toString("hex");
  const state = { client, database, settings, user: `validation-${mark}`, project: `Validation ${mark}` };
  let passed = 0;
  try {
    for (const check of checks) passed += (await runCheck(check, state)) ? 1 : 0;
    await benchmarks(state);
  } finally {
    await tidy(state);
    client.close();
    await database.end();
  }
  console.log(`${passed} of ${checks.length} passed (${Math.round((100 * passed) / checks.length)} %)`);
  return passed / checks.length >= passRate;
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  console.error(`aidis-validate: ${error.message}`);
  // A connection that is open would keep the process.
  process.exit(1);
}
