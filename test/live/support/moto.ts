import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../../ops/free-port.ts";
import { cached } from "../../../toolchain/cache.ts";
import { succeed } from "../../../toolchain/command.ts";
import { eventually } from "./host.ts";

const version = "5.2.0";
const region = "us-east-1";
/** moto tells its services by the one that a request was signed for; the signature itself it does not look at. */
const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

/** Stands for Amazon's S3 and KMS, which are not to be had here: moto (PyPI), which keeps objects and keys in memory and encrypts really. */
const validating = `
import json, sys
from botocore.session import get_session
from botocore.validate import ParamValidator
services = {"AmazonEC2ContainerServiceV20141113": "ecs", "secretsmanager": "secretsmanager", "Logs_20140328": "logs"}
wrong, session, check = [], get_session(), ParamValidator()
for one in json.loads(sys.argv[1]):
    prefix, operation = one["target"].split(".")
    shape = session.get_service_model(services[prefix]).operation_model(operation).input_shape
    report = check.validate(one["body"], shape)
    if report.has_errors():
        wrong.append(operation + ": " + report.generate_report())
print(json.dumps(wrong))
`;

export class Moto {
  readonly #port: number;
  /** Where its packages are, Amazon's client for Python among them. */
  readonly folder: string;
  readonly #server: ChildProcess;

  private constructor(port: number, server: ChildProcess, folder: string) {
    this.#port = port;
    this.folder = folder;
    this.#server = server;
  }

  static async start(): Promise<Moto> {
    const python = (await succeed("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])).trim();
    const folder = await cached(`moto-${version}-python-${python}`, async (draft) => {
      await succeed("python3", ["-m", "pip", "install", "--quiet", "--target", draft, `moto[server]==${version}`]);
    });
    const port = await freePort();
    const server = spawn("python3", ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
      env: { ...process.env, PYTHONPATH: folder },
      stdio: "ignore",
    });
    const moto = new Moto(port, server, folder);
    await eventually("moto answers", async () => ((await fetch(moto.url("moto-api/data.json"))).ok ? true : undefined));
    return moto;
  }

  /** What Amazon's client needs to find it. */
  get variables(): Record<string, string> {
    const keys = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: region };
    return { ...keys, AWS_ENDPOINT_URL_KMS: this.url() };
  }

  /** The same for every service that it stands for. */
  get everything(): Record<string, string> {
    return { ...this.variables, AWS_ENDPOINT_URL: this.url() };
  }

  /** Whether requests have what the published models of AWS want, by Amazon's own client for Python; what is wrong with each. */
  async wrong(asked: readonly { readonly target: string; readonly body: unknown }[]): Promise<readonly string[]> {
    const given = JSON.stringify(asked.map(({ target, body }) => ({ target, body })));
    const said = await succeed("python3", ["-c", validating, given], { env: { PYTHONPATH: this.folder } });
    return JSON.parse(said);
  }

  /** A new bucket, as Pulumi's backend. */
  async bucket(name: string): Promise<string> {
    const made = await fetch(this.url(name), { method: "PUT", headers: signed("s3") });
    if (!made.ok) throw new Error(await made.text());
    return `s3://${name}?endpoint=127.0.0.1:${this.#port}&disableSSL=true&s3ForcePathStyle=true&region=${region}`;
  }

  /** The text of an object; undefined when there is none. */
  async object(bucket: string, key: string): Promise<string | undefined> {
    const found = await fetch(this.url(`${bucket}/${key}`), { headers: signed("s3") });
    return found.ok ? found.text() : undefined;
  }

  /** A new key, as Pulumi's secrets provider. */
  async key(): Promise<string> {
    const headers = { ...signed("kms"), "x-amz-target": "TrentService.CreateKey" };
    const made = await fetch(this.url(), { method: "POST", headers, body: "{}" });
    if (!made.ok) throw new Error(await made.text());
    const { KeyMetadata }: { KeyMetadata: { KeyId: string } } = JSON.parse(await made.text());
    return `awskms://${KeyMetadata.KeyId}?region=${region}`;
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, "exit");
    if (this.#server.kill("SIGTERM")) await ended;
  }

  url(path = ""): string {
    return `http://127.0.0.1:${this.#port}/${path}`;
  }
}
