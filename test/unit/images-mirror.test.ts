import type Docker from "dockerode";
import { describe, expect, test } from "vitest";
import { mirrorCommand, mirrored, mirrorTag } from "../../infra/images/mirror.ts";

const digest = `sha256:0123456789ab${"c".repeat(52)}`;
const own = `sha256:${"d".repeat(64)}`;
const repository = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/slipway/production-parts";
const image = (name: string) => ({ name: `${name}@${digest}`, id: "sha256:x", digest });
const parts = { curl: image("curlimages/curl:8.16.0"), postgres: image("pgvector/pgvector:pg17") };

/** Stands for an engine that asks a registry: what is not there is unknown in the registry's own words. */
function engineWith(there: readonly string[], refusal = "manifest unknown: Requested image not found") {
  const asked: { path: string; authconfig: unknown }[] = [];
  const dial = (
    { path, authconfig }: { path: string; authconfig: unknown },
    answer: (error: Error | null, found?: unknown) => void,
  ) => {
    asked.push({ path, authconfig });
    if (there.some((name) => path.includes(name))) answer(null, { Descriptor: { digest: own } });
    else answer(new Error(refusal));
  };
  return { asked, engine: { modem: { dial } } as unknown as Docker };
}

test("a part is called by the digest that it has where it comes from", () => {
  expect(mirrorTag("curl", parts.curl)).toBe("curl-0123456789ab");
  expect(() => mirrorTag("curl", { name: "slipway/curl:0123", digest: undefined })).toThrow("it is in no registry");
  expect(mirrorCommand(repository, "curl", parts.curl)).toBe(
    `docker pull curlimages/curl:8.16.0@${digest} && docker tag curlimages/curl:8.16.0@${digest} ${repository}:curl-0123456789ab && docker push ${repository}:curl-0123456789ab`,
  );
});

describe("a repository of the user's own", () => {
  test("that has them: pinned by its own digests, asked with its own login", async () => {
    const { engine, asked } = engineWith(["curl-", "postgres-"]);
    const registry = repository.split("/")[0] ?? "";
    const login = { username: "AWS", password: "the-token" };
    expect(await mirrored(engine, repository, parts, { [registry]: login })).toEqual({
      curl: `${repository}:curl-0123456789ab@${own}`,
      postgres: `${repository}:postgres-0123456789ab@${own}`,
    });
    expect(asked[0]).toEqual({
      path: `/distribution/${repository}:curl-0123456789ab/json`,
      authconfig: { ...login, serveraddress: registry },
    });
  });

  test("that lacks some: every command that puts them there, at once", async () => {
    const { engine } = engineWith([]);
    await expect(mirrored(engine, repository, parts, {})).rejects.toThrow(
      `slipway:aws.parts: ${repository} lacks images of parts\n  mend: ${mirrorCommand(repository, "curl", parts.curl)}\n  mend: ${mirrorCommand(repository, "postgres", parts.postgres)}`,
    );
  });

  test("that lets nobody in is told as it is: nothing is missing then", async () => {
    const { engine } = engineWith([], "no basic auth credentials");
    await expect(mirrored(engine, repository, parts, {})).rejects.toThrow("refuses");
  });
});
