import { beforeEach, describe, expect, test } from "vitest";
import { labelsFor } from "../../../components/container/spec.ts";
import { withLogPaused } from "../../../components/litestream/pause.ts";
import type { Command } from "../../../components/steps/runner.ts";
import { useClock } from "../../doubles/clock.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { container, newStack, place } from "../../doubles/stack.ts";

useClock();

const data = { image: "sha256:tmws", user: "1000:1000", database: { kind: "sqlite" } } as const;
let host: MemoryHost;
let said: string[];
let receiver: string;

beforeEach(() => {
  host = newStack().host;
  receiver = host.place({ ...container("archive", "sha256:litestream"), labels: labelsFor(place, "archive", "part") });
  host.box(receiver).state = "running";
  said = [];
  host.exec = async (_id: string, { argv }: Command) => {
    said.push(argv[2] ?? "");
    return { exitCode: 0, output: "" };
  };
});

const look = async () => {
  said.push(`work while it is ${host.box(receiver).state}`);
  return "done";
};

describe("what receives SQLite's log", () => {
  test("is stopped while another file takes the database's place, and begins a log of its own after", async () => {
    expect(await withLogPaused(host, { ...place, generation: 2 }, data, look)).toBe("done");
    expect(said).toEqual(["work while it is stopped", "rm -f '/archive/sqlite/of-2'"]);
    expect(host.box(receiver).state).toBe("running");
  });

  test("stays stopped when the work fails: half a file may lie there, and whoever comes next does it again", async () => {
    const failing = withLogPaused(host, place, data, async () => {
      throw new Error("no space left");
    });
    await expect(failing).rejects.toThrow("no space left");
    expect(host.box(receiver).state).toBe("stopped");
    expect(said).toEqual([]);
    await withLogPaused(host, place, data, look);
    expect(host.box(receiver).state).toBe("running");
  });

  test("of PostgreSQL goes on: a server's log knows of what is loaded into it", async () => {
    await withLogPaused(host, place, { ...data, database: { kind: "postgres" } }, look);
    expect(said).toEqual(["work while it is running"]);
  });

  test("is nobody where none was placed", async () => {
    await host.remove(receiver);
    expect(await withLogPaused(host, place, data, async () => "done")).toBe("done");
    expect(said).toEqual([]);
  });
});
