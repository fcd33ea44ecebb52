import type { Health } from "../container/spec.ts";
import { quote } from "../steps/shell.ts";
import { limited } from "../steps/time-limit.ts";

export interface Checks {
  /** Fails when the process hangs. */
  readonly liveness: readonly string[];
  /** Fails when it cannot answer users, whatever the reason; for Docker's own health. */
  readonly health: readonly string[];
  readonly times: Omit<Health, "test">;
  /** How long it may take to end when it is told to. */
  readonly stopGraceSeconds: number;
}

/** What the script touches in its container; a test brings its own. */
export interface Ground {
  /** Counts the failures in a row. On a tmpfs, which the engine empties with each start. */
  readonly state: string;
  /** Where a user reads why a process was ended: the container's log. */
  readonly words: string;
  /** Ends every process but the first. */
  readonly end: string;
}

const ground: Ground = { state: "/tmp/.slipway-liveness", words: "/proc/1/fd/1", end: "kill -9 -1" };

/**
 * Docker's health check of a container that ends itself when it hangs: Docker restarts nothing for being unhealthy, but what has ended. Its
 * first process must be Docker's init: the kernel protects the first one from its own container, and init ends with its child. A process that
 * is alive and not ready is left alone. The engine's own limit must be longer than the script's, else it ends the count with the check.
 */
export function livenessHealth(checks: Checks): Health {
  const { times } = checks;
  const test = ["CMD", "sh", "-c", livenessScript(checks)];
  return { ...times, test, timeoutSeconds: 2 * times.timeoutSeconds + 1 };
}

/** Failures in a row that end it. Who was told to end and finishes its requests may answer nobody new: that is no hanging. */
export function failuresThatEnd({ times, stopGraceSeconds }: Pick<Checks, "times" | "stopGraceSeconds">): number {
  return Math.max(times.retries, Math.ceil(stopGraceSeconds / times.intervalSeconds) + 1);
}

/** Plain sh: the product's image has no more for certain. The kernel counts a process' start in hundredths of a second since boot. */
export function livenessScript(checks: Checks, where: Ground = ground): string {
  const { liveness, health, times } = checks;
  const { state, words, end } = where;
  return `${limited}
if limited ${times.timeoutSeconds} ${state}.log ${quoted(liveness)}; then
  rm -f ${state}
  exec ${quoted(health)}
fi
cat ${state}.log
first=$(cat /proc/1/stat); set -- \${first##*) }
read -r up rest </proc/uptime
[ $((\${up%.*} - \${20} / 100)) -ge ${times.startPeriodSeconds} ] || exit 1
failures=0
[ ! -e ${state} ] || read -r failures <${state}
failures=$((failures + 1))
echo $failures >${state}
[ $failures -ge ${failuresThatEnd(checks)} ] || exit 1
echo "slipway: no sign of life in $failures checks: ended, to be started again" 2>/dev/null >${words}
${end}
exit 1`;
}

function quoted(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}
