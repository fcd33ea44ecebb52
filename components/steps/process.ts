import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { hostname } from "node:os";

/** Who this process is to others that wait for it, and whether anybody still waits for what it does. */

/** Host name and boot: a pid means nothing after a reboot. */
export function thisHost(): string {
  return `${hostname()}/${readIfThere("/proc/sys/kernel/random/boot_id")?.trim() ?? "no-boot-id"}`;
}

/** The process' start time in clock ticks; undefined when it has ended. A pid alone may have been given to another. */
export function processStart(pid: string): string | undefined {
  if (readIfThere("/proc/self/stat") === undefined) return isRunning(Number(pid)) ? "running" : undefined;
  const stat = readIfThere(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
}

/** Where there is no /proc (macOS). */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** (m) A killed engine does not end the step's process: it must look by itself. The engine's address is the launcher's argument. */
export async function engineIsGone(): Promise<boolean> {
  const address = process.argv.find((each) => /^127\.0\.0\.1:\d+$/.test(each));
  if (address === undefined) return false;
  const [host = "127.0.0.1", port] = address.split(":");
  const socket = createConnection({ host, port: Number(port) });
  try {
    await once(socket, "connect");
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}
