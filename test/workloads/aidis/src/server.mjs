/** The MCP server: 3001 for clients, 9090 for Prometheus. SIGTERM drains, then exits with 0. */
import { settingsOf } from "./config.mjs";
import { LineServer } from "./connection.mjs";
import { Database } from "./database.mjs";
import { listenHttp } from "./http.mjs";
import { log, openLog } from "./log.mjs";
import { sampleMetrics } from "./methods/analytics.mjs";
import { Sessions } from "./sessions.mjs";

const port = 3001;
const metricsPort = 9090;

/** Again and again, never twice at once; a failure is told and the next turn tries again. */
function every(ms, what, work) {
  let busy = false;
  return setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      await work();
    } catch (error) {
      log("error", what, { error: error.message });
    } finally {
      busy = false;
    }
  }, ms);
}

async function main() {
  const settings = settingsOf();
  openLog(settings);
  const database = new Database(settings.database, (error) =>
    log("warn", "database connection lost", { error: error.message }),
  );
  const sessions = new Sessions(database, settings);
  const context = { settings, database, sessions };
  const lines = new LineServer(context);
  const http = await listenHttp(metricsPort, context);
  await lines.listen(port);
  const timers = [every(settings.persistenceInterval, "persisting sessions", () => sessions.persist())];
  if (settings.analytics)
    timers.push(
      every(settings.metricsInterval, "collecting metrics", () => sampleMetrics(database, settings.metricsInterval)),
    );
  log("info", "started", { version: settings.version, node_env: settings.nodeEnv });

  let stopping = false;
  async function stop(signal) {
    if (stopping) return;
    stopping = true;
    for (const timer of timers) clearInterval(timer);
    await lines.drain(settings.drainSeconds);
    await sessions.persist().catch((error) => log("error", "persisting sessions", { error: error.message }));
    await database.close();
    http.close();
    http.closeAllConnections();
    log("info", "stopped", { signal });
    process.exit(0);
  }
  process.on("SIGTERM", stop).on("SIGINT", stop);
}

main().catch((error) => {
  console.error(`aidis: ${error.message}`);
  process.exit(1);
});
