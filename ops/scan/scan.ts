import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import { engineClient } from "../../components/steps/docker-runner.ts";
import { type Arguments, notKnown } from "../arguments.ts";
import { prepareFor } from "../prepare.ts";
import { checkout } from "../stack-file.ts";
import { exitCodeOf, neverAsked, renderScan, type ScannedImage } from "./report.ts";
import { findSyft, writeSbom } from "./syft.ts";
import { pendingUpdates } from "./updates.ts";

const usage = "npm run scan [-- --stack NAME] [--json]";

interface Running {
  readonly id: string;
  readonly name: string;
  readonly parts: readonly string[];
}

/** What the images of a running stack hold, and which updates their distribution has for them. Changes nothing of the stack. */
export async function scan(wishes: Arguments): Promise<number> {
  const { stack, rest } = wishes;
  const json = rest.includes("--json");
  const wrong = rest.find((word) => word !== "--json");
  if (wrong !== undefined) throw notKnown(wrong, usage);
  const { dockerHost } = await prepareFor(wishes);
  const engine = engineClient(dockerHost);
  const running = await imagesOf(engine, stack);
  if (running.length === 0)
    throw new Error(`nothing of stack ${stack} runs; \`npm start -- --stack ${stack}\` starts it`);
  const folder = join(checkout, "sbom", stack);
  await mkdir(folder, { recursive: true });
  const syft = await findSyft();
  const images: ScannedImage[] = [];
  for (const each of running) images.push(await scanned(engine, each, syft, dockerHost, folder));
  const report = { stack, images, notAsked: neverAsked };
  console.log(json ? JSON.stringify(report, undefined, 2) : renderScan(report));
  return exitCodeOf(report);
}

async function scanned(
  engine: Docker,
  image: Running,
  syft: Awaited<ReturnType<typeof findSyft>>,
  dockerHost: string,
  folder: string,
): Promise<ScannedImage> {
  const file = join(folder, `${image.parts[0] ?? "image"}.cdx.json`);
  const sbom = "path" in syft ? await writeSbom(syft.path, dockerHost, image, file) : syft;
  const updates = await pendingUpdates(engine, image.id);
  return {
    ...image,
    sbom: "why" in sbom ? undefined : sbom,
    findings: "why" in updates ? undefined : updates.findings,
    notAsked: [sbom, updates].flatMap((each) => ("why" in each ? [each.why] : [])),
  };
}

/** Of the containers that run, each once. */
async function imagesOf(engine: Docker, stack: string): Promise<readonly Running[]> {
  const all = await engine.listContainers({ filters: { label: [`${label.stack}=${stack}`] } });
  const partsBy = Map.groupBy(all, ({ ImageID }) => ImageID);
  const found = [...partsBy].map(async ([id, containers]) => ({
    id,
    name: (await engine.getImage(id).inspect()).RepoTags[0] ?? id,
    parts: [...new Set(containers.map(({ Labels }) => Labels[label.part] ?? ""))].sort(),
  }));
  return (await Promise.all(found)).sort((a, b) => (a.name < b.name ? -1 : 1));
}
