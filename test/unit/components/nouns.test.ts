import { existsSync, globSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { all, besideNames, besides } from "../../../components/nouns/all.ts";
import type { Noun } from "../../../components/nouns/spec.ts";

const files = globSync("components/*/noun.ts").toSorted();
const said = await Promise.all(
  files.map(async (file): Promise<Noun> => (await import(pathToFileURL(resolve(file)).href)).noun as Noun),
);

describe.each(["images", "limits", "volumes", "outage"] as const)("%s", (list) => {
  test("are those of every folder that says something of itself, and no two give one name", () => {
    const names = said.flatMap((noun) => Object.keys(noun[list] ?? {}));
    expect(Object.keys(all(list)).toSorted()).toEqual(names.toSorted());
    expect(names).toEqual([...new Set(names)]);
  });
});

test("a store beside the workloads is its noun's folder, with an image, limits and a volume of its name", () => {
  const folders = files.filter((_, index) => said[index]?.beside !== undefined).map((file) => basename(dirname(file)));
  expect([...besideNames].toSorted()).toEqual(folders);
  for (const name of besideNames) {
    expect(all("images")).toHaveProperty([name]);
    expect(all("limits")).toHaveProperty([name]);
    const home = { type: `slipway:docker:${besides[name].title}`, name };
    expect(all("volumes")[`${name}-data`].home).toEqual(home);
  }
});

test("every image has the folder that its Debian twin is built from", () => {
  for (const { context } of Object.values(all("images"))) expect(existsSync(`${context}/Dockerfile`)).toBe(true);
});
