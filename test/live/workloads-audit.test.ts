/** The audit file of the reference TMWS 2.3.1, by Python itself: guide 001, "Log persistence", and "What to Backup" (logs kept for compliance). */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const folder = join(import.meta.dirname, "../workloads/tmws-2.3/src/core");
let logs = "";
beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), "slipway-audit-"));
});
afterEach(() => rmSync(logs, { recursive: true }));

/** Runs Python with the module's `append` and the file's `path`. */
function python(script: string): string {
  const begin = `import sys; sys.path.insert(0, sys.argv[1]); import audit_file; from audit_file import append; path = sys.argv[2]`;
  return execFileSync("python3", ["-B", "-c", `${begin}\n${script}`, folder, join(logs, "audit.log")], {
    encoding: "utf8",
  });
}

test("a full file gives way to a new one, the oldest beyond the kept ones goes, no line is divided or lost before", () => {
  python(`for n in range(10): append(path, f"line {n}\\n", max_bytes=15, files=3)`);
  const found = Object.fromEntries(readdirSync(logs).map((name) => [name, readFileSync(join(logs, name), "utf8")]));
  expect(found).toEqual({
    "audit.log": "line 8\nline 9\n",
    "audit.log.1": "line 6\nline 7\n",
    "audit.log.2": "line 4\nline 5\n",
  });
});

test("10 MB and thirty files, when nobody says otherwise", () => {
  expect(python("print(audit_file.MAX_BYTES, audit_file.FILES)").trim()).toBe("10000000 30");
  python(`open(path, "wb").write(b"x" * (audit_file.MAX_BYTES - 1)); append(path, "new\\n")`);
  expect(readdirSync(logs).sort()).toEqual(["audit.log", "audit.log.1"]);
  expect(readFileSync(join(logs, "audit.log"), "utf8")).toBe("new\n");
});
