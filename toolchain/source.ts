import { createHash } from "node:crypto";
import { chmod, copyFile, cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { cached, cacheRoot, exists } from "./cache.ts";
import { succeed } from "./command.ts";
import { goBuild } from "./go.ts";
import { phase } from "./phases.ts";
import { type Provider, versions } from "./versions.ts";

const source = join(import.meta.dirname, "source");
const launcher = join(source, "launcher", "pulumi-resource-pulumi-nodejs");

/** Path of the CLI built from this very source; undefined when it is not built. */
export async function builtEngine(): Promise<string | undefined> {
  const pulumi = join(cacheRoot(), await engineKey(), "pulumi");
  return (await exists(pulumi)) ? pulumi : undefined;
}

/**
 * The CLI, its Node.js language host and the launcher of dynamic providers, in one folder of the cache. Takes minutes.
 * @param go path of the go command
 * @returns path of the CLI
 * @throws Error with what the compiler said
 */
export async function buildEngine(go: string): Promise<string> {
  const folder = await cached(await engineKey(), async (draft) => {
    await phase(`building Pulumi ${versions.sourceEngine} from source`, async (progress) => {
      const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${versions.sourceEngine}`;
      await goBuild(
        {
          go,
          module: join(source, "engine"),
          command: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
          flags,
          output: join(draft, "pulumi"),
        },
        progress,
      );
    });
    await phase("building Pulumi's Node.js language host from source", async (progress) => {
      const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${versions.sourceLanguageHost}`;
      const command = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
      await goBuild(
        { go, module: join(source, "language-nodejs"), command, flags, output: join(draft, "pulumi-language-nodejs") },
        progress,
      );
    });
    await copyFile(launcher, join(draft, "pulumi-resource-pulumi-nodejs"));
    await chmod(join(draft, "pulumi-resource-pulumi-nodejs"), 0o755);
    await succeed(join(draft, "pulumi"), ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  });
  return join(folder, "pulumi");
}

/**
 * A provider from its upstream, through Pulumi's bridge, in the cache.
 * @returns path of the executable, for `pulumi plugin install --file`
 * @throws Error with what the compiler said
 */
export async function buildProvider(go: string, { name, version }: Provider): Promise<string> {
  const module = join(source, `provider-${name}`);
  const executable = `pulumi-resource-${name}`;
  const folder = await cached(`provider-${name}-${version}-${await hashOf([module])}-${platform}`, async (draft) => {
    await phase(`building the ${name} provider ${version} from source`, async (progress) => {
      // The schema is made here and compiled in; the checkout stays as it is.
      const work = join(draft, "work");
      await cp(module, work, { recursive: true });
      await goBuild(
        { go, module: work, command: "./generate", flags: "-s -w", output: join(draft, "generate") },
        progress,
      );
      await writeFile(join(work, "schema.json"), await succeed(join(draft, "generate"), [version]));
      const flags = `-s -w -X main.Version=${version}`;
      await goBuild({ go, module: work, command: ".", flags, output: join(draft, executable) }, progress);
      await Promise.all([work, join(draft, "generate")].map((path) => rm(path, { recursive: true })));
    });
  });
  return join(folder, executable);
}

/** Stands for everything the providers are built from: a plugin folder made of other source is another one. */
export async function providersHash(list: readonly Provider[]): Promise<string> {
  return hashOf(list.map(({ name }) => join(source, `provider-${name}`)));
}

const platform = `${process.platform}-${process.arch}`;

async function engineKey(): Promise<string> {
  const hash = await hashOf([join(source, "engine"), join(source, "language-nodejs"), join(source, "launcher")]);
  return `engine-${versions.sourceEngine}-${hash}-${platform}`;
}

/** Of names and contents, 12 hex digits. */
async function hashOf(folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort())
      hash
        .update(`${relative(source, file)}\0`)
        .update(await readFile(file))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}
