import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { cached } from "../../toolchain/cache.ts";
import { run, succeed, which } from "../../toolchain/command.ts";
import { findGo, goMissing, serves } from "../../toolchain/go.ts";
import { phase } from "../../toolchain/phases.ts";

/** anchore/syft (Apache-2.0): knows Debian's, Alpine's, Python's, Node's and Go's packages. */
const version = "v1.32.0";

const document = z.looseObject({ bomFormat: z.literal("CycloneDX"), components: z.array(z.unknown()).default([]) });

/** Path of syft: the user's own, else built once by Go, which checks the sources against its checksum database. Undefined and why, when neither is. */
export async function findSyft(): Promise<{ readonly path: string } | { readonly why: string }> {
  const own = await which("syft", process.env["PATH"]);
  if (own !== undefined) return { path: own };
  const go = await findGo();
  if (!serves(go)) return { why: `SBOM: there is no syft on PATH, and ${goMissing(go)}` };
  try {
    const folder = await cached(`syft-${version}-${process.platform}-${process.arch}`, (draft) =>
      phase(`building syft ${version} from source, which takes minutes`, async () => {
        const env = { GOBIN: draft, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" };
        await succeed(go.path, ["install", `github.com/anchore/syft/cmd/syft@${version}`], { env });
      }),
    );
    return { path: join(folder, "syft") };
  } catch (error) {
    return { why: `SBOM: syft could not be built: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Writes what an image of the engine holds, as CycloneDX, and answers how many components that are. */
export async function writeSbom(
  syft: string,
  dockerHost: string,
  image: { readonly id: string },
  file: string,
): Promise<{ readonly file: string; readonly components: number } | { readonly why: string }> {
  const env = { DOCKER_HOST: dockerHost, SYFT_CHECK_FOR_APP_UPDATE: "false" };
  const made = await run(syft, ["scan", "-q", `docker:${image.id}`, "-o", `cyclonedx-json=${file}`], { env });
  if (made.code !== 0) return { why: `SBOM: syft failed: ${made.stderr.split("\n").at(-1) ?? ""}` };
  const { components } = document.parse(JSON.parse(await readFile(file, "utf8")));
  return { file, components: components.length };
}
