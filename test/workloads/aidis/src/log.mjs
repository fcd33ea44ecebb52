/** JSON log lines: to standard output, or to LOG_FILE alone when that is set. */
import { appendFileSync } from "node:fs";

const levels = ["debug", "info", "warn", "error"];
let lowest = 1;
let file;

/** An unwritable LOG_FILE throws: a server whose log goes nowhere must not start. */
export function openLog({ logLevel, logFile }) {
  lowest = levels.indexOf(logLevel);
  file = logFile;
  if (file !== undefined) appendFileSync(file, "");
}

export function log(level, message, fields = {}) {
  if (levels.indexOf(level) < lowest) return;
  const line = `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`;
  if (file === undefined) process.stdout.write(line);
  else appendFileSync(file, line);
}
