/** What a file is, by what it begins with: guides give names such as `diligence.db.backup.20251128_020000` that say nothing by their end. */
export type FileKind = "sqlite" | "dump" | "sql" | "cluster" | "tar" | "unknown";

/** So much of a file (of its content, when it is gzipped) tells. */
export const headBytes = 1024;

/** @param head the first bytes of the content, as many of `headBytes` as there are */
export function kindOf(head: Buffer): FileKind {
  const text = head.toString("latin1");
  if (text.startsWith("SQLite format 3\0")) return "sqlite";
  if (text.startsWith("PGDMP")) return "dump";
  // POSIX and GNU alike.
  if (text.slice(257, 262) === "ustar") return "tar";
  if (text.includes("PostgreSQL database cluster dump")) return "cluster";
  return text.includes("PostgreSQL database dump") ? "sql" : "unknown";
}

/** By its first two bytes, whatever the file is called. */
export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}
