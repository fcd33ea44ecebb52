import { importPurpose } from "../../components/backup/manifest.ts";
import { backupPath, setsPath } from "../../components/backup/spec.ts";
import type { Session } from "../../components/steps/session.ts";
import { script } from "../../components/steps/shell.ts";
import type { Backup, Host } from "./report.ts";

/** Asked in a container, so that it is the host's answer wherever the host is; `/backup` lies where Docker keeps volumes. */
const look = script(
  "cat /proc/loadavg",
  "grep -E '^Mem(Total|Available):' /proc/meminfo",
  `df -kP ${backupPath} | tail -n 1`,
);

/** The host's load, memory and disk. @param engine what the engine's own info said of it */
export async function askHost(
  session: Session,
  engine: { readonly cores: number; readonly docker: string },
): Promise<Host> {
  return readHost(await session.must("looking at the host", { argv: look }), engine);
}

/** Pure. */
export function readHost(text: string, { cores, docker }: { readonly cores: number; readonly docker: string }): Host {
  const lines = text.trim().split("\n");
  const memory = (name: string) => Number(lines.find((line) => line.startsWith(`Mem${name}:`))?.split(/\s+/)[1]) * 1024;
  const disk = lines.at(-1)?.split(/\s+/) ?? [];
  return {
    cores,
    load: Number(lines[0]?.split(" ")[0]),
    memoryBytes: memory("Total"),
    memoryAvailableBytes: memory("Available"),
    diskBytes: Number(disk[1]) * 1024,
    diskFreeBytes: Number(disk[3]) * 1024,
    docker,
  };
}

/** Of the stack's own data: what was brought from elsewhere is no backup of it. */
const list = script(
  `cd ${setsPath}`,
  `ls -1 | grep -vE '\\.part$|-${importPurpose}$' | sort > /tmp/sets || true`,
  "wc -l < /tmp/sets",
  "last=$(tail -n 1 /tmp/sets)",
  'if [ -n "$last" ]; then echo "$last"; du -sk "$last" | cut -f1; fi',
);

/** The backup sets of a stack, read-only. */
export async function askBackups(session: Session, now: number): Promise<Backup> {
  return readBackups(await session.must("reading the backup sets", { argv: list }), now);
}

/** Pure. A set's name begins with its time. */
export function readBackups(text: string, now: number): Backup {
  const [count = "0", name, kilobytes = "0"] = text.trim().split("\n");
  const sets = Number(count.trim());
  if (name === undefined) return { sets, last: null };
  const stamp = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(name);
  if (stamp === null) throw new Error(`the backup set ${name} has no time in its name`);
  const [year, month, day, hour, minute, second] = stamp.slice(1);
  const taken = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const ageSeconds = Math.max(0, Math.round((now - taken.getTime()) / 1000));
  return { sets, last: { name, taken: taken.toISOString(), ageSeconds, kilobytes: Number(kilobytes) } };
}
