/**
 * Copies of backup sets in AWS' shape, on a real S3 server: a versioned bucket, and a user who may do what the copies' policy says and nothing else.
 * That restic needs no more is shown here; that IAM reads the policy as this server does is not.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resourceName } from "../../components/container/spec.ts";
import { copyAway, fetch as fetchCopy, listAway, type Offsite, thin } from "../../components/offsite/copies.ts";
import { withSession } from "../../components/steps/session.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { askS3, copiesBucket } from "./support/aws-bucket.ts";
import { engine, runner } from "./support/host.ts";
import { Moto } from "./support/moto.ts";
import { S3 } from "./support/s3.ts";

const place = { stack: `t${randomBytes(3).toString("hex")}`, system: "orders" };
const backupVolume = resourceName(place, "backups");
const bucket = `slipway-${place.stack}-copies`;
const at = { place, backupVolume };
const older = { name: "20260101T000000Z-backup", ended: new Date("2026-01-01T00:00:00Z") };
const newer = { name: "20260102T000000Z-backup", ended: new Date("2026-01-02T00:00:00Z") };

let s3: S3;
let moto: Moto;
let user: { keyId: string; key: string };
let offsite: Offsite;

const asRoot = <T>(script: string) => askS3<T>(moto, s3, s3, script);
const asUser = <T>(script: string) => askS3<T>(moto, s3, user, script);

beforeAll(async () => {
  [s3, moto] = await Promise.all([S3.start(), Moto.start()]);
  await s3.bucket("another");
  user = await copiesBucket(moto, s3, bucket);
  const { id: image } = await resolvePart(engine, "restic", "debian");
  const url = `s3:${s3.endpoint}/${bucket}/${place.stack}`;
  offsite = {
    repository: { image, url, keyId: user.keyId, keep: { daily: 1, weekly: 0, monthly: 0 } },
    secrets: { password: "a-password-of-the-copies-0", key: user.key },
  };
  await engine.createVolume({ Name: backupVolume });
  await inSets(
    [older, newer].map(
      ({ name }) => `mkdir -p ${name}; cd ${name}; echo ${name} > rows; sha256sum rows > SHA256SUMS; cd ..`,
    ),
  );
});
afterAll(async () => {
  await engine.getVolume(backupVolume).remove();
  await moto?.stop();
  await s3?.stop();
});

function inSets(lines: readonly string[]): Promise<string> {
  const { image } = offsite.repository;
  const mounts = [{ volume: backupVolume, path: "/backup" }];
  const request = { image, user: "0:0", env: {}, mounts, network: [], memoryMb: 64 };
  const argv = ["sh", "-euc", ["mkdir -p /backup/sets", "cd /backup/sets", ...lines].join("\n")];
  return withSession(runner, place, "sets", request, (session) => session.must("sets", { argv }));
}

describe("who may do what the copies' policy says", () => {
  it("makes the repository, and copies", async () => {
    for (const set of [older, newer]) await copyAway(runner, at, offsite, set);
    expect((await listAway(runner, at, offsite)).map(({ name }) => name)).toEqual([older.name, newer.name]);
  });

  it("brings a copy back, every byte as it was", async () => {
    const [copy] = await listAway(runner, at, offsite);
    if (copy === undefined) throw new Error("no copy");
    await inSets([`rm -rf ${older.name}`]);
    await fetchCopy(runner, at, offsite, copy);
    expect(await inSets([`cat ${older.name}/rows`])).toBe(`${older.name}\n`);
  });

  it("removes what retention drops; the bucket has every version of it still", async () => {
    const now = `[one["Key"] for one in s3.list_objects_v2(Bucket="${bucket}").get("Contents", [])]`;
    const before = await asRoot<string[]>(now);
    await thin(runner, at, offsite, newer);
    expect((await listAway(runner, at, offsite)).map(({ name }) => name)).toEqual([newer.name]);
    const left = new Set(await asRoot<string[]>(now));
    const gone = before.filter((key) => key.includes("/snapshots/") && !left.has(key));
    expect(gone).toHaveLength(1);
    const versions = `[one["Key"] for one in s3.list_object_versions(Bucket="${bucket}").get("Versions", [])]`;
    expect(await asRoot<string[]>(versions)).toEqual(expect.arrayContaining(gone));
  });

  it("deletes no version, and neither policy, versioning nor another bucket is theirs", async () => {
    const [{ Key, VersionId } = { Key: "", VersionId: "" }] = await asRoot<{ Key: string; VersionId: string }[]>(
      `[{"Key": one["Key"], "VersionId": one["VersionId"]} for one in s3.list_object_versions(Bucket="${bucket}")["Versions"]]`,
    );
    const denied = [
      `refused(s3.delete_object, Bucket="${bucket}", Key="${Key}", VersionId="${VersionId}")`,
      `refused(s3.put_bucket_versioning, Bucket="${bucket}", VersioningConfiguration={"Status": "Suspended"})`,
      `refused(s3.delete_bucket_policy, Bucket="${bucket}")`,
      `refused(s3.put_object, Bucket="another", Key="x", Body=b"x")`,
      `refused(s3.list_objects_v2, Bucket="another")`,
    ];
    expect(await asUser<string[]>(`[${denied.join(", ")}]`)).toEqual(denied.map(() => "AccessDenied"));
  });
});
