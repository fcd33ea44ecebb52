/** Where copies go, by the product's own functions and the real restic, without a stack around them: SFTP, S3 with a class, a clock that jumped. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setName, setsPath } from "../../components/backup/spec.ts";
import { copyAway, fetch, listAway, type Offsite, thin } from "../../components/offsite/copies.ts";
import type { KnownMoment } from "../../components/offsite/spec.ts";
import { withSession } from "../../components/steps/session.ts";
import { script } from "../../components/steps/shell.ts";
import { BASE_IMAGE } from "../../infra/images/base-image.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { engine, runner } from "./support/host.ts";
import { S3 } from "./support/s3.ts";
import { SftpServer } from "./support/sftp.ts";

const stack = `offsite-${randomBytes(3).toString("hex")}`;
const place = { stack, system: "tmws" };
const at = { place, backupVolume: `slipway-${stack}_backups` };
const password = "a-password-of-the-copies-0";
const keep = { daily: 2, weekly: 0, monthly: 0 };

let image: string;
let sftp: SftpServer;
let s3: S3;

beforeAll(async () => {
  image = (await resolvePart(engine, "restic", "debian")).id;
  [sftp, s3] = [await SftpServer.start(), await S3.start()];
  await engine.createVolume({ Name: at.backupVolume });
});
afterAll(async () => {
  await sftp?.stop();
  await s3?.stop();
  await engine.getVolume(at.backupVolume).remove();
});

/** In a session that sees the sets. */
function inSets(...lines: readonly string[]): Promise<string> {
  const mounts = [{ volume: at.backupVolume, path: "/backup" }];
  const request = { image: BASE_IMAGE, user: "0:0", env: {}, mounts, network: [], memoryMb: 64 };
  return withSession(runner, place, "test", request, (session) =>
    session.must("looking", { argv: script(`mkdir -p ${setsPath}`, `cd ${setsPath}`, ...lines) }),
  );
}

async function setOf(ended: Date): Promise<KnownMoment> {
  const name = setName(ended, "backup");
  await inSets(`mkdir ${name}`, `cd ${name}`, `echo 'the rows of ${name}' > rows`, "sha256sum ./rows > SHA256SUMS");
  return { name, ended };
}

const hoursAgo = (hours: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - hours * 3_600_000);
const names = async (offsite: Offsite) => (await listAway(runner, at, offsite)).map(({ name }) => name);

/** There, gone from the host, and back with every byte. */
async function thereAndBack(offsite: Offsite): Promise<void> {
  const set = await setOf(hoursAgo(1));
  expect(await names(offsite)).toEqual([]);
  await copyAway(runner, at, offsite, set);
  await inSets(`rm -rf ${set.name}`);
  const [copy, ...others] = await listAway(runner, at, offsite);
  expect(others).toEqual([]);
  if (copy === undefined) throw new Error("there is no copy");
  await fetch(runner, at, offsite, copy);
  expect(await inSets(`cat ${set.name}/rows`)).toBe(`the rows of ${set.name}\n`);
  await inSets(`rm -rf ${set.name}`);
}

const overSftp = (host: "its own" | "another", path = "copies"): Offsite => ({
  repository: { image, url: sftp.url(path), keyId: "", knownHosts: sftp.known(host), keep },
  secrets: { password, key: "", sshKey: sftp.key },
});

const onS3 = async (bucket: string, more = {}): Promise<Offsite> => ({
  repository: { image, url: await s3.bucket(bucket), keyId: s3.keyId, keep, ...more },
  secrets: { password, key: s3.key },
});

describe("SFTP", () => {
  it("takes a copy and gives it back", () => thereAndBack(overSftp("its own")));

  it("writes to no host of another key, and says so", async () => {
    const set = await setOf(hoursAgo(1));
    await expect(copyAway(runner, at, overSftp("another", "other"), set)).rejects.toThrow(
      /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    );
    await inSets(`rm -rf ${set.name}`);
    // Nothing was made there.
    expect(await names(overSftp("its own", "other"))).toEqual([]);
  });
});

describe("S3", () => {
  it("takes a copy in a storage class", async () => {
    await thereAndBack(await onS3("classed", { storageClass: "STANDARD_IA" }));
  });
});

describe("retention", () => {
  it("keeps the last copy of so many days, and none goes while one is of a time that has not come", async () => {
    const offsite = await onS3("jumped");
    const copy = async (ended: Date) => {
      const set = await setOf(ended);
      await copyAway(runner, at, offsite, set);
      await inSets(`rm -rf ${set.name}`);
      return set;
    };
    const [first, second, third] = [await copy(hoursAgo(72)), await copy(hoursAgo(48)), await copy(hoursAgo(24))];
    expect(await thin(runner, at, offsite, third)).toEqual([]);
    expect(await names(offsite)).toEqual([second.name, third.name]);
    expect(first.name < second.name).toBe(true);
    const ahead = await copy(hoursAgo(-10 * 365 * 24));
    const now = await copy(hoursAgo(0));
    expect((await thin(runner, at, offsite, now)).map(({ name }) => name)).toEqual([ahead.name]);
    expect(await names(offsite)).toEqual([second.name, third.name, now.name, ahead.name]);
  });
});
