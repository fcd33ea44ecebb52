/** PostgreSQL's log as RDS hands it to CloudWatch; pure. */

/** @param server its identifier */
export function serverLogGroup(server: string): string {
  return `/aws/rds/instance/${server}/postgresql`;
}

/** RDS' own prefix, `%t:%r:%u@%d:[%p]:`, which nobody changes there. */
const prefix =
  /^(?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC:[^@]*?:(?<user>[^:@]*)@(?<database>[^:]*):\[(?<pid>\d+)\]:(?<rest>[A-Z]+\d?: {2}[\s\S]*)$/;

/** One event for each message, further lines of it within, as the stack's own server would have written them: what reads that log reads this one. */
export function asOwnLog(events: readonly string[]): string {
  return events
    .map((event) => {
      const { time, user, database, pid, rest = "" } = prefix.exec(event.trimEnd())?.groups ?? {};
      if (time === undefined) return event.trimEnd();
      const message = rest.replaceAll(/\n(?!\t)/g, "\n\t");
      return `${time}.000 UTC [${pid}] ${user}@${database} rds ${message}`;
    })
    .join("\n")
    .concat("\n");
}
