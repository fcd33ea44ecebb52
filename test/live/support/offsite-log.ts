import { archivePart, filledArchive } from "../../../components/archive/spec.ts";
import { offsiteLogPart } from "../../../components/offsite-log/spec.ts";
import { withSession } from "../../../components/steps/session.ts";
import { engine, eventually, type Outside, runner } from "./host.ts";
import { expectSuccess } from "./release.ts";
import type { S3 } from "./s3.ts";
import type { TestStack } from "./stack.ts";

/** Has a stack that serves send its log to a bucket of its own. */
export async function sendTo(stack: TestStack, s3: S3): Promise<void> {
  await stack.setSecret("slipway:offsite.key", s3.key);
  await stack.setSecret("slipway:offsite.password", "a-password-of-the-copies-0");
  await stack.setText("slipway:offsite.url", await s3.bucket("copies"));
  await stack.setText("slipway:offsite.keyId", s3.keyId);
  await stack.set(["slipway:offsite", "beforeRelease"], false);
  await stack.set(["slipway:offsite", "continuous"], true);
  expectSuccess(await stack.slipway("start"));
}

/** What the sender tells node exporter; NaN for what it has not told. */
export async function toldOf(read: () => Promise<string>, name: string): Promise<number> {
  const line = new RegExp(`^slipway_archive_offsite_${name} (\\S+)$`, "m").exec(await read());
  return Number(line?.[1] ?? Number.NaN);
}

/** Until the bucket has what the archive had when this was asked, and a base backup where the log has one. */
export async function inBucket(outside: Outside, withBase: boolean): Promise<void> {
  const asked = Math.ceil(Date.now() / 1000);
  const read = () => outside.exec(offsiteLogPart, "cat", "/notes/metrics/offsite.prom");
  const sent = async () =>
    (await toldOf(read, "contact_timestamp_seconds")) >= asked &&
    (!withBase || (await toldOf(read, "base_timestamp_seconds")) > 0);
  await eventually("the bucket has all", async () => ((await sent()) ? true : undefined), 90);
}

/** As on a host that is new: what receives the log begins another. */
export async function loseArchive({ name }: TestStack, outside: Outside, folder: string): Promise<void> {
  const { Id, Image: image } = await outside.inspect(archivePart);
  const place = { stack: name, system: "" };
  const mounts = [filledArchive(place)];
  const request = { image, user: "0:0", env: {}, mounts, network: [], memoryMb: 64, capabilities: ["DAC_OVERRIDE"] };
  await engine.getContainer(Id).stop();
  await withSession(runner, place, "lose", request, (session) =>
    session.must("losing the archive", { argv: ["sh", "-euc", `rm -rf ${folder}/*`] }),
  );
  await engine.getContainer(Id).start();
}
