import { join } from "node:path";
import type Docker from "dockerode";
import { BASE_IMAGE } from "../../../infra/images/base-image.ts";
import { ensureBuilt } from "../../../infra/images/build.ts";
import { imageId } from "../../../infra/images/engine.ts";
import { checkout } from "./run.ts";

/** Builds an image of test/live/support on an engine, which has the base image, and answers its tag. */
export async function supportImage(engine: Docker, folder: string): Promise<string> {
  const wanted = {
    name: `test-${folder}`,
    context: join(checkout, "test", "live", "support", folder),
    args: { BASE_IMAGE },
    baseImageId: await imageId(engine, BASE_IMAGE),
  };
  return (await ensureBuilt(engine, wanted, () => undefined)).tag;
}
