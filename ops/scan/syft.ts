import { readFile } from "node:fs/promises";
import { z } from "zod";
import { run } from "../../toolchain/command.ts";
import { goTool } from "../../toolchain/go-tool.ts";

/** anchore/syft (Apache-2.0): knows Debian's, Alpine's, Python's, Node's and Go's packages. */
const syft = { name: "syft", package: "github.com/anchore/syft/cmd/syft", version: "v1.32.0" } as const;

const component = z.looseObject({ type: z.string() });
const document = z.looseObject({ bomFormat: z.literal("CycloneDX"), components: z.array(component).default([]) });

/** Path of syft, or why there is none. */
export async function findSyft(): ReturnType<typeof goTool> {
  const found = await goTool(syft);
  return "why" in found ? { why: `SBOM: ${found.why}` } : found;
}

/** Writes what an image of the engine holds, as CycloneDX, and answers how many components that are. */
export async function writeSbom(
  program: string,
  dockerHost: string,
  image: { readonly id: string },
  file: string,
): Promise<{ readonly file: string; readonly components: number } | { readonly why: string }> {
  const env = { DOCKER_HOST: dockerHost, SYFT_CHECK_FOR_APP_UPDATE: "false" };
  const made = await run(program, ["scan", "-q", `docker:${image.id}`, "-o", `cyclonedx-json=${file}`], { env });
  if (made.code !== 0) return { why: `SBOM: syft failed: ${made.stderr.split("\n").at(-1) ?? ""}` };
  const { components } = document.parse(JSON.parse(await readFile(file, "utf8")));
  // Beside packages syft lists the files that they own.
  return { file, components: components.filter(({ type }) => type !== "file").length };
}
