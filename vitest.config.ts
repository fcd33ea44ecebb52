import { globSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Whoever puts a module, a clock or an environment in another's place has a process of its own; all others share what is loaded, which halves their time. */
const replaces =
  /\bvi\.(mock|doMock|useFakeTimers|setSystemTime|spyOn|stubEnv|stubGlobal)\(|doubles\/(clock|stack)\.ts/;
const apart = globSync("test/unit/**/*.test.ts").filter((file) => replaces.test(readFileSync(file, "utf8")));

// Some start a real Node, which a busy machine takes seconds for.
const patient = { testTimeout: 60_000, hookTimeout: 60_000 };

/**
 * Three kinds of tests, from pure to real: `vitest run --project unit`, or a path (`vitest run test/unit test/program`). A machine-readable
 * report is the caller's choice: `--reporter=default --reporter=json --outputFile.json=FILE`.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], exclude: apart, isolate: false, ...patient } },
      { test: { name: "unit, apart", include: apart, ...patient } },
      // Pulumi's mocks are process-wide: a process of its own for each file.
      {
        test: {
          name: "program",
          include: ["test/program/**/*.test.ts"],
          pool: "forks",
          isolate: true,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "live",
          include: ["test/live/**/*.test.ts"],
          // One Docker engine and two cores: live files take turns.
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
