import { eachFile } from "./files.ts";
import type { ResourcePolicy } from "./policy.ts";

const hba = "components/postgres/config.ts (hostBasedAccess) writes it so";

/** Who may talk to Redis and PostgreSQL, and how, as their own config says it. */
export const storePolicies: readonly ResourcePolicy[] = [
  eachFile(
    {
      name: "redis-password",
      level: "mandatory",
      guides: ["003:249", "003:311"],
      allowed: "users with passwords (aclfile), and protected-mode",
      mend: "components/redis/spec.ts (redisConfig) writes it so",
    },
    "redis.conf",
    (text) => [
      ...(/^aclfile \S+$/m.test(text) ? [] : ["without an aclfile"]),
      ...(/^protected-mode no$/m.test(text) ? ["with protected-mode no"] : []),
    ],
  ),
  eachFile(
    {
      name: "redis-app-powerless",
      level: "mandatory",
      guides: ["003:249"],
      allowed: "for every user but the operator passwords, and no administration (-@admin -@dangerous)",
      mend: "components/redis/spec.ts (redisUsers) writes it so",
    },
    "users.acl",
    (text) =>
      text
        .split("\n")
        .filter((line) => line.startsWith("user ") && !line.startsWith("user operator "))
        .filter((line) => !/ off( |$)/.test(line))
        .filter((line) => / nopass( |$)/.test(line) || !line.includes("-@admin -@dangerous"))
        .map((line) => `with the user ${line.split(" ")[1]} that may administer, or has no password`),
  ),
  eachFile(
    {
      name: "redis-keeps-data",
      level: "mandatory",
      guides: ["000:463", "004:30"],
      allowed: "appendonly yes and maxmemory-policy noeviction: a queue loses no task",
      mend: "components/redis/spec.ts (redisConfig) writes it so",
    },
    "redis.conf",
    (text) => missing(text, ["appendonly yes", "maxmemory-policy noeviction"]),
  ),
  eachFile(
    {
      name: "postgres-tls",
      level: "mandatory",
      guides: ["002:584", "002:651"],
      allowed: "ssl = on with TLS 1.3, and scram-sha-256",
      mend: "components/postgres/config.ts (postgresConfig) writes it so",
    },
    "postgresql.conf",
    (text) =>
      missing(text, ["ssl = on", "ssl_min_protocol_version = 'TLSv1.3'", "password_encryption = 'scram-sha-256'"]),
  ),
  eachFile(
    {
      name: "postgres-access",
      level: "mandatory",
      guides: ["002:590", "002:593", "002:594", "002:651"],
      allowed: "by network scram-sha-256 over TLS alone (hostssl); the superuser by its socket (peer)",
      mend: hba,
    },
    "pg_hba.conf",
    (text) =>
      text
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter(([kind = ""]) => kind !== "" && !kind.startsWith("#"))
        .filter(([kind = "", ...rest]) => {
          const method = rest.at(-1) ?? "";
          if (method === "reject") return false;
          return kind === "local" ? method !== "peer" : kind !== "hostssl" || method !== "scram-sha-256";
        })
        .map((words) => `with the line "${words.join(" ")}"`),
  ),
  eachFile(
    {
      name: "postgres-audited",
      level: "mandatory",
      guides: ["002:585", "002:586", "002:587", "002:653"],
      allowed: "log_connections, log_disconnections and log_statement = 'ddl'",
      mend: "components/postgres/config.ts (postgresConfig) writes it so",
    },
    "postgresql.conf",
    (text) => missing(text, ["log_connections = on", "log_disconnections = on", "log_statement = 'ddl'"]),
  ),
];

function missing(text: string, lines: readonly string[]): readonly string[] {
  const there = new Set(text.split("\n").map((line) => line.trim()));
  return lines.filter((line) => !there.has(line)).map((line) => `without ${line}`);
}
