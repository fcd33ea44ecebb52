/**
 * The statements of one database, read from PostgreSQL's own log: whatever tool migrates, this is what the server ran. Wants
 * `log_line_prefix = '%m [%p] %q%u@%d %a '` and `log_statement`: `ddl` misses data changes, `ddl` and `mod` miss DO blocks, `all` misses
 * nothing but statements inside functions.
 */
export function statementsFromLog(log: string, database: string): readonly string[] {
  const kept: Entry[] = [];
  for (const entry of entries(log)) {
    if (entry.database !== database) continue;
    if (entry.severity === "STATEMENT") forget(kept, entry);
    const statement = statementOf(entry);
    if (statement !== undefined) kept.push({ ...entry, message: statement });
  }
  return kept.map(({ message }) => message);
}

interface Entry {
  readonly pid: string;
  readonly database: string | undefined;
  readonly severity: string;
  message: string;
}

const prefix =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+ \[(?<pid>\d+)\] (?:\S+@(?<database>\S+) .*?)?(?<severity>[A-Z]+\d?): {2}(?<message>.*)$/;

/**
 * The log's messages. Further lines of a message begin with a tab of the server's own; any other line is another program's (the container's
 * entrypoint writes to the same log) and neither belongs to a message nor ends one.
 */
function entries(log: string): readonly Entry[] {
  const all: Entry[] = [];
  for (const line of log.split("\n")) {
    const last = all.at(-1);
    const groups = prefix.exec(line)?.groups;
    if (groups !== undefined) all.push(entry(groups));
    else if (line.startsWith("\t") && last !== undefined) last.message += `\n${line.slice(1)}`;
  }
  return all;
}

function entry({ pid = "", database, severity = "", message = "" }: Readonly<Record<string, string>>): Entry {
  return { pid, database, severity, message };
}

/** `statement: ...` by the simple protocol, `execute <unnamed>: ...` or `execute name/portal: ...` by the extended one. */
function statementOf({ severity, message }: Entry): string | undefined {
  if (severity === "LOG") {
    const at = /^(?:duration: [\d.]+ ms {2})?(?:statement|execute [^\n:]*): /.exec(message);
    return at === null ? undefined : message.slice(at[0].length);
  }
  // EXECUTE by name says what it runs only here.
  return severity === "DETAIL" && message.startsWith("prepare: ") ? message.slice("prepare: ".length) : undefined;
}

/** An error repeats the statement that failed: it changed nothing, and a migration with a lock_timeout may try it again. */
function forget(kept: Entry[], failed: Entry): void {
  const at = kept.findLastIndex(({ pid }) => pid === failed.pid);
  if (kept[at]?.message === failed.message) kept.splice(at, 1);
}
