/**
 * The Debian base image of the `debian` flavour, for hosts that can pull nothing: made with debootstrap, imported into
 * the engine once. Run as a command it makes the image and prints its id: `node infra/images/base-image.ts`.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { messageOf } from "../../components/steps/failure.ts";
import { cacheRoot } from "../../toolchain/cache.ts";
import { run, succeed, which } from "../../toolchain/command.ts";
import { locked } from "../../toolchain/lock.ts";
import { follow, imageId } from "./engine.ts";

export const BASE_SUITE = "trixie";
export const BASE_IMAGE = `slipway/debian:${BASE_SUITE}`;

/** The command that makes the base image, for error texts. */
export const MAKE_BASE_IMAGE = "sudo node infra/images/base-image.ts";

const quiet = { env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } };

/** What a container never reads: the same leanness as the official debian:*-slim, kept when packages are added later. */
const LEAN_DPKG = [
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/lintian/*",
  "path-exclude=/usr/share/bash-completion/*",
];
const LEAN_APT = [
  'Acquire::Languages "none";',
  'Dir::Cache::pkgcache "";',
  'Dir::Cache::srcpkgcache "";',
  'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };',
];
const LEAN_REMOVE = [
  "usr/share/man",
  "usr/share/info",
  "usr/share/locale",
  "usr/share/lintian",
  "usr/share/bash-completion",
];

export type Say = (line: string) => void;

/**
 * Makes sure that `slipway/debian:trixie` is in the engine, and answers its id (sha256:...). A present image is left as
 * it is; remove it (`docker rmi slipway/debian:trixie`) to have a fresh one with today's security updates.
 *
 * Needs root and debootstrap on this machine; debootstrap is installed with apt where apt is. Safe to call twice at once.
 * @throws Error that names what is missing and the command that mends it.
 */
export async function ensureBaseImage(docker: Docker, say: Say = () => undefined): Promise<string> {
  const present = await imageId(docker, BASE_IMAGE);
  if (present !== undefined) return present;
  assertRoot(process.getuid?.());
  await ensureDebootstrap(say);
  const cache = cacheRoot();
  // One maker per machine: two roots would have two ids, and every image built on the first would be built again.
  return locked(join(cache, "base-image.lock"), BASE_IMAGE, async () => {
    const made = await imageId(docker, BASE_IMAGE);
    if (made !== undefined) return made;
    const work = await mkdtemp(join(cache, "base-image-"));
    try {
      const root = join(work, "rootfs");
      await debootstrap(root, debianArchitecture((await docker.info()).Architecture), say);
      await completeSources(root, say);
      await trim(root);
      await importRoot(docker, root, say);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    const id = await imageId(docker, BASE_IMAGE);
    if (id === undefined) throw new Error(`the engine took the base image but does not know ${BASE_IMAGE}`);
    return id;
  });
}

/** Debian's name of the engine's architecture. */
export function debianArchitecture(engine: string): string {
  const known: Readonly<Record<string, string>> = { x86_64: "amd64", amd64: "amd64", aarch64: "arm64", arm64: "arm64" };
  const name = known[engine];
  if (name !== undefined) return name;
  throw new Error(
    `the Docker engine's architecture is ${engine}; the Debian images are made for x86_64 and aarch64. ` +
      "Use the official images there: pulumi config set slipway:images official",
  );
}

function assertRoot(uid: number | undefined): void {
  if (uid === 0) return;
  throw new Error(
    `making ${BASE_IMAGE} needs root on Linux (debootstrap unpacks a root file system), this is uid ${uid ?? "unknown"}. ` +
      `Run once: ${MAKE_BASE_IMAGE}`,
  );
}

async function ensureDebootstrap(say: Say): Promise<void> {
  const path = process.env["PATH"];
  if ((await which("debootstrap", path)) !== undefined) return;
  if ((await which("apt-get", path)) === undefined) {
    throw new Error(
      `making ${BASE_IMAGE} needs debootstrap, which is not on PATH, and there is no apt-get to install it. ` +
        `Install the packages debootstrap and debian-archive-keyring, then run: ${MAKE_BASE_IMAGE}`,
    );
  }
  say("installing debootstrap");
  const packages = ["debootstrap", "debian-archive-keyring"];
  await succeed("apt-get", ["update"], quiet);
  await succeed("apt-get", ["install", "-y", "--no-install-recommends", ...packages], quiet);
}

async function debootstrap(root: string, architecture: string, say: Say): Promise<void> {
  say(`debootstrap ${BASE_SUITE} (${architecture}), about half a minute`);
  const options = ["--variant=minbase", "--include=ca-certificates", "--force-check-gpg", `--arch=${architecture}`];
  const { code, stdout, stderr } = await run("debootstrap", [...options, BASE_SUITE, root], quiet);
  if (code === 0) return;
  const tail = `${stdout}${stderr}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`debootstrap ${BASE_SUITE} failed; its last lines:\n${tail}\nTry again with: ${MAKE_BASE_IMAGE}`);
}

/** The lines to try beside the one debootstrap wrote: same mirror, updates and security. Pure. */
export function furtherSources(written: string): readonly string[] {
  const main = /^deb (\S+?)\/? (\S+) main$/m.exec(written);
  if (main === null) throw new Error(`debootstrap wrote no "deb <mirror> <suite> main" line but: ${written}`);
  const [, mirror, suite] = main;
  return [`deb ${mirror} ${suite}-updates main`, `deb ${mirror}-security ${suite}-security main`];
}

/** Keeps of the further sources those that answer, and brings the root up to date with them. */
async function completeSources(root: string, say: Say): Promise<void> {
  const list = join(root, "etc/apt/sources.list");
  const apt = (...args: string[]) => succeed("chroot", [root, "apt-get", ...args], quiet);
  const further = furtherSources(await readFile(list, "utf8"));
  for (const line of further) {
    const before = await readFile(list, "utf8");
    await writeFile(list, `${before.trimEnd()}\n${line}\n`);
    try {
      await apt("update", "--error-on=any");
    } catch (error) {
      say(`left out, as it does not answer: ${line} (${messageOf(error).split("\n")[0]})`);
      await writeFile(list, before);
    }
  }
  await apt("update", "--error-on=any");
  await apt("upgrade", "-y");
}

async function trim(root: string): Promise<void> {
  await writeFile(join(root, "etc/dpkg/dpkg.cfg.d/slipway-lean"), `${LEAN_DPKG.join("\n")}\n`);
  await writeFile(join(root, "etc/apt/apt.conf.d/slipway-lean"), `${LEAN_APT.join("\n")}\n`);
  for (const folder of LEAN_REMOVE) await rm(join(root, folder), { recursive: true, force: true });
  await succeed("find", [join(root, "usr/share/doc"), "-type", "f", "!", "-name", "copyright", "-delete"]);
  // Emptied, not removed: apt and dpkg expect the folders. Docker mounts its own resolv.conf and hosts at run time.
  for (const folder of ["var/lib/apt/lists", "var/cache/apt", "var/cache/debconf", "var/log", "tmp"]) {
    await succeed("find", [join(root, folder), "-type", "f", "-delete"]);
  }
  for (const file of ["etc/resolv.conf", "etc/hostname"]) await writeFile(join(root, file), "");
}

async function importRoot(docker: Docker, root: string, say: Say): Promise<void> {
  say(`importing ${BASE_IMAGE}`);
  const args = [
    "--create",
    "--numeric-owner",
    "--sort=name",
    "--xattrs",
    `--directory=${root}`,
    "--exclude=./dev/*",
    ".",
  ];
  const tar = spawn("tar", args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => tar.once("close", resolve).once("error", reject));
  const [repo, tag] = BASE_IMAGE.split(":");
  const changes = `LABEL slipway.base=${BASE_SUITE}\nCMD ["bash"]`;
  const stream = await docker.importImage(tar.stdout, { repo, tag, changes });
  const failure = await follow(docker, stream, () => undefined);
  if (failure !== undefined) throw new Error(`the engine refuses ${BASE_IMAGE}: ${failure}`);
  const code = await ended;
  if (code !== 0) throw new Error(`tar of the base image's root ended with ${code}; try again: ${MAKE_BASE_IMAGE}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const id = await ensureBaseImage(new Docker(), (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${BASE_IMAGE} ${id}\n`);
}
