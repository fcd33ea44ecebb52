import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Logic that a cluster will run as well: it may know the runner's interface, never an engine's client. */
const logic = ["announce", "bake", "backup", "database", "migration", "probe", "rollout", "smoke-test", "switch"];
const components = new URL("../../components/", import.meta.url);

const files = logic.flatMap((noun) =>
  readdirSync(new URL(`${noun}/`, components), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `${noun}/${path}`),
);
const importsOf = (file: string) =>
  [...readFileSync(new URL(file, components), "utf8").matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)";/gms)].map(
    ([statement, from = ""]) => ({ statement, from }),
  );

test("the files are there to be looked at", () => {
  expect(files.length).toBeGreaterThan(40);
  expect(files).toContain("rollout/run.ts");
  expect(importsOf("rollout/reconcile.ts").length).toBeGreaterThan(10);
});

test.each(files.filter((file) => !file.endsWith("/docker.ts")))("%s imports no engine client", (file) => {
  const engines = importsOf(file).filter(({ from }) =>
    /dockerode|docker-runner|engine-api|@kubernetes\/|kubernetes-(runner|deployments)|@pulumi\//.test(from),
  );
  expect(engines.map(({ statement }) => statement)).toEqual([]);
});
