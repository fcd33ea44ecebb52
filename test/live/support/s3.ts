import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../ops/free-port.ts";
import { succeed } from "../../../toolchain/command.ts";
import { ownGoTool } from "../../../toolchain/go-tool.ts";
import { goTools } from "./go-tools.ts";
import { bridgeAddress, eventually } from "./host.ts";

/** A real S3 server, Versity's gateway over a folder, where containers with a way out reach it. It checks signatures. */
export class S3 {
  readonly keyId = `key${randomBytes(4).toString("hex")}`;
  readonly key = randomBytes(16).toString("hex");
  readonly #program: string;
  readonly #folder: string;
  readonly #address: string;
  readonly #port: number;
  #server: ChildProcess | undefined;

  private constructor(program: string, folder: string, address: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#address = address;
    this.#port = port;
  }

  static async start(): Promise<S3> {
    const program = await ownGoTool(goTools.versitygw);
    const folder = await mkdtemp(join(tmpdir(), "slipway-s3-"));
    for (const own of ["objects", "users", "versions"]) await mkdir(join(folder, own));
    const s3 = new S3(program, folder, await bridgeAddress(), await freePort());
    await s3.resume();
    return s3;
  }

  get endpoint(): string {
    return `http://${this.#address}:${this.#port}`;
  }

  /** Somebody who may do nothing yet. */
  async user(): Promise<{ readonly keyId: string; readonly key: string }> {
    const own = { keyId: `user${randomBytes(4).toString("hex")}`, key: randomBytes(16).toString("hex") };
    const root = ["--access", this.keyId, "--secret", this.key, "--endpoint-url", this.endpoint];
    const made = ["--access", own.keyId, "--secret", own.key, "--role", "user"];
    await succeed(this.#program, ["admin", ...root, "create-user", ...made]);
    return own;
  }

  /** A new bucket, as restic names it. */
  async bucket(name: string): Promise<string> {
    await mkdir(join(this.#folder, "objects", name));
    return `s3:http://${this.#address}:${this.#port}/${name}`;
  }

  /** Whether a text stands in an object or in its name. */
  async holds(text: string): Promise<boolean> {
    const files = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    if (files.some(({ name }) => name.includes(text))) return true;
    const found = files.filter((each) => each.isFile()).map((each) => readFile(join(each.parentPath, each.name)));
    return (await Promise.all(found)).some((content) => content.includes(text));
  }

  /** Nobody answers any more; what was stored stays. */
  async pause(): Promise<void> {
    if (this.#server === undefined) return;
    const ended = once(this.#server, "close");
    this.#server.kill("SIGKILL");
    await ended;
    this.#server = undefined;
  }

  async resume(): Promise<void> {
    const at = `${this.#address}:${this.#port}`;
    const [objects, users, versions] = ["objects", "users", "versions"].map((own) => join(this.#folder, own));
    const how = ["--port", at, "--iam-dir", `${users}`, "posix", "--versioning-dir", `${versions}`, `${objects}`];
    this.#server = spawn(this.#program, how, {
      env: { ...process.env, ROOT_ACCESS_KEY_ID: this.keyId, ROOT_SECRET_ACCESS_KEY: this.key },
      stdio: "ignore",
    });
    await eventually("the S3 server answers", async () => (await fetch(`http://${at}/`)).status);
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
