/** The rules of every system by Prometheus' own tool, and the routes by Alertmanager's. */
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alertmanagerFiles } from "../../components/alertmanager/spec.ts";
import { alertsOf } from "../../components/alerts/rules.ts";
import { withSession } from "../../components/steps/session.ts";
import { ensureBaseImage } from "../../infra/images/base-image.ts";
import type { PartName } from "../../infra/images/catalog.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { watchedSystems } from "../fixtures/alerts.ts";
import { engine, runner } from "./support/host.ts";
import { promtoolFiles } from "./support/promtool.ts";

const place = { stack: `alerts-${process.pid}`, system: "test" };
const images = { prometheus: "", alertmanager: "" };

beforeAll(async () => {
  await ensureBaseImage(engine);
  for (const part of ["prometheus", "alertmanager"] as const)
    images[part] = (await resolvePart(engine, part satisfies PartName, "debian")).id;
});

/** Runs one command in an image beside these files, and answers what it printed. */
function ran(image: string, files: Readonly<Record<string, string>>, argv: readonly string[]): Promise<string> {
  const request = { image, user: "65534:65534", env: {}, mounts: [], network: [], memoryMb: 512 } as const;
  return withSession(runner, place, "tool", request, async ({ must }) => {
    // By its standard input: the root is read-only, and what the engine puts into /tmp would lie beneath its memory.
    const text = Object.entries(files).map(([path, content]) => `cat > '${path}' <<'END'\n${content}\nEND\n`);
    await must("writing the files", { argv: ["sh", "-c", "cd /tmp && sh -s"], input: () => Readable.from(text) });
    return must(argv.join(" "), { argv: ["sh", "-c", `cd /tmp && ${argv.join(" ")}`] });
  });
}

test.each([...watchedSystems])("%s: the rules file is one", async (_, watched) => {
  const { files } = promtoolFiles(watched);
  const said = await ran(images.prometheus, { "rules.yml": files["rules.yml"] ?? "" }, [
    "promtool",
    "check",
    "rules",
    "rules.yml",
  ]);
  const records = (watched.objective === undefined ? 0 : 5) + 4;
  expect(said).toContain(`SUCCESS: ${alertsOf(watched).length + records} rules found`);
});

test("each alert fires in its case and not just below it", async () => {
  const seen = new Set<string>();
  let tests = 0;
  for (const [, watched] of watchedSystems) {
    // What two systems have in the same words is tried once.
    const fresh = alertsOf(watched).filter(({ name, expr }) => !seen.has(`${name} ${expr}`));
    for (const { name, expr } of fresh) seen.add(`${name} ${expr}`);
    if (fresh.length === 0) continue;
    const { files, tests: all } = promtoolFiles(watched);
    const wanted = all.filter((file) => fresh.some(({ name }) => file === `${name}.tests.yml`));
    const text = Object.fromEntries(
      fresh.flatMap(({ name }) =>
        ["rules", "tests"].map((kind) => [`${name}.${kind}.yml`, files[`${name}.${kind}.yml`] ?? ""]),
      ),
    );
    const said = await ran(images.prometheus, text, ["promtool", "test", "rules", ...wanted]);
    expect(said.match(/SUCCESS/g)).toHaveLength(wanted.length);
    tests += wanted.length;
  }
  console.log(`${tests} rules, each with a firing and a quiet case`);
  expect(tests).toBeGreaterThan(70);
});

test("Alertmanager takes the routes", async () => {
  const [tria] = [...watchedSystems.values()].filter(({ jobs }) => jobs[0] === "tria");
  const files = alertmanagerFiles({
    to: {
      everybody: { webhook: "https://hooks.example.com/x", slack: "https://hooks.slack.com/services/x" },
      dba: { email: "dba@example.com", pagerduty: "0123456789abcdef0123" },
    },
    smtp: { host: "smtp.example.com:587", from: "slipway@example.com", username: "slipway", password: "a-Secret-0" },
    alerts: tria === undefined ? [] : alertsOf(tria),
    factor: 1,
  });
  const config = files.find(({ path }) => path === "alertmanager.yml")?.content ?? "";
  const said = await ran(images.alertmanager, { "alertmanager.yml": config }, [
    "amtool",
    "check-config",
    "alertmanager.yml",
  ]);
  expect(said).toContain("SUCCESS");
  expect(said).toContain("12 receivers");
});

afterAll(async () => {
  for (const left of await runner.list({ "slipway.stack": place.stack })) await runner.remove(left.id);
});
