import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { phase } from "./phases.ts";
import { NotYet, until } from "./poll.ts";

/**
 * Runs the work while no other process holds the lock at this path. The lock of a process that is gone is broken.
 * It saves doing the same work twice; what must never go wrong (a half-made folder) is made safe by a rename instead,
 * because two processes that break one dead lock in the same instant may both go on.
 * @param what what the holder makes, for the line that says why this waits
 */
export async function locked<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  if (!(await take(path))) {
    const { pid } = await holderOf(path);
    const look = async () => (await take(path)) || new NotYet("held");
    const release = () =>
      until(look, { seconds: Number.POSITIVE_INFINITY, everyMs: 200, late: `${path} was not free` });
    await phase(`waiting for process ${pid}, which makes ${what} (lock ${path})`, release);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${process.pid} ${await processStart(process.pid)}`);
  try {
    // A link appears with its content or not at all: nobody reads an empty lock.
    await link(draft, path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    await breakIfDead(path);
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

async function breakIfDead(path: string): Promise<void> {
  const { pid, start } = await holderOf(path);
  if (pid === 0 || ((await processStart(pid)) === start && isAlive(pid))) return;
  const broken = `${path}.${randomUUID()}.broken`;
  await rename(path, broken).catch(() => undefined);
  await rm(broken, { force: true });
}

/** pid 0: nobody any more. */
async function holderOf(path: string): Promise<{ pid: number; start: string }> {
  const [pid = "0", start = ""] = (await readFile(path, "utf8").catch(() => "0 ")).split(" ");
  return { pid: Number(pid), start };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Linux: when the process began, so that a recycled pid is not taken for the holder. Elsewhere empty. */
async function processStart(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
