import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { succeed } from "../../../toolchain/command.ts";
import { BridgeServer } from "./bridge-server.ts";
import { eventually } from "./host.ts";

/** A real S3 server, Versity's gateway over a folder, where containers with a way out reach it. It checks signatures. */
export class S3 {
  readonly keyId = `key${randomBytes(4).toString("hex")}`;
  readonly key = randomBytes(16).toString("hex");
  readonly #server: BridgeServer;

  private constructor(server: BridgeServer) {
    this.#server = server;
  }

  static async start(): Promise<S3> {
    const server = await BridgeServer.of("versitygw");
    for (const own of ["objects", "users", "versions"]) await mkdir(join(server.folder, own));
    const s3 = new S3(server);
    await s3.resume();
    return s3;
  }

  get endpoint(): string {
    return `http://${this.#server.at}`;
  }

  /** Somebody who may do nothing yet. */
  async user(): Promise<{ readonly keyId: string; readonly key: string }> {
    const own = { keyId: `user${randomBytes(4).toString("hex")}`, key: randomBytes(16).toString("hex") };
    const root = ["--access", this.keyId, "--secret", this.key, "--endpoint-url", this.endpoint];
    const made = ["--access", own.keyId, "--secret", own.key, "--role", "user"];
    await succeed(this.#server.program, ["admin", ...root, "create-user", ...made]);
    return own;
  }

  /** A new bucket, as restic names it. */
  async bucket(name: string): Promise<string> {
    await mkdir(join(this.#server.folder, "objects", name));
    return `s3:${this.endpoint}/${name}`;
  }

  /** Whether a text stands in an object or in its name. */
  async holds(text: string): Promise<boolean> {
    const files = await readdir(this.#server.folder, { recursive: true, withFileTypes: true });
    if (files.some(({ name }) => name.includes(text))) return true;
    const found = files.filter((each) => each.isFile()).map((each) => readFile(join(each.parentPath, each.name)));
    return (await Promise.all(found)).some((content) => content.includes(text));
  }

  /** Nobody answers any more; what was stored stays. */
  pause(): Promise<void> {
    return this.#server.end("SIGKILL");
  }

  async resume(): Promise<void> {
    const { at, folder } = this.#server;
    const [objects, users, versions] = ["objects", "users", "versions"].map((own) => join(folder, own));
    const how = ["--port", at, "--iam-dir", `${users}`, "posix", "--versioning-dir", `${versions}`, `${objects}`];
    this.#server.begin(how, { ROOT_ACCESS_KEY_ID: this.keyId, ROOT_SECRET_ACCESS_KEY: this.key });
    await eventually("the S3 server answers", async () => (await fetch(`${this.endpoint}/`)).status);
  }

  async stop(): Promise<void> {
    await this.pause();
    await this.#server.remove();
  }
}
