import { copyPolicy } from "../../../components/offsite/bucket.ts";
import { succeed } from "../../../toolchain/command.ts";
import type { Moto } from "./moto.ts";
import type { S3 } from "./s3.ts";

/** Asks S3 by Amazon's own client for Python, which moto brings; answers what the script prints, as JSON. */
export async function askS3<T>(moto: Moto, s3: S3, as: { keyId: string; key: string }, script: string): Promise<T> {
  const program = `
import boto3, json
from botocore.config import Config
from botocore.exceptions import ClientError
s3 = boto3.client("s3", endpoint_url=${JSON.stringify(s3.endpoint)}, region_name="us-east-1", config=Config(s3={"addressing_style": "path"}))
def refused(call, **words):
    try:
        call(**words)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
print(json.dumps((lambda: ${script})()))
`;
  const env = { PYTHONPATH: moto.folder, AWS_ACCESS_KEY_ID: as.keyId, AWS_SECRET_ACCESS_KEY: as.key };
  return JSON.parse(await succeed("python3", ["-c", program], { env }));
}

/** A versioned bucket as a host on AWS gets it, and a user who may do what the copies' policy says and nothing else. */
export async function copiesBucket(moto: Moto, s3: S3, bucket: string): Promise<{ keyId: string; key: string }> {
  const user = await s3.user();
  const asRoot = (script: string) => askS3(moto, s3, s3, script);
  await asRoot(`s3.create_bucket(Bucket="${bucket}") and 1`);
  await asRoot(`s3.put_bucket_versioning(Bucket="${bucket}", VersioningConfiguration={"Status": "Enabled"}) and 1`);
  const { Version, Statement } = copyPolicy(`arn:aws:s3:::${bucket}`);
  const policy = JSON.stringify({ Version, Statement: Statement.map((one) => ({ ...one, Principal: user.keyId })) });
  await asRoot(`s3.put_bucket_policy(Bucket="${bucket}", Policy=${JSON.stringify(policy)}) and 1`);
  return user;
}
