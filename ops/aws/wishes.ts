import { z } from "zod";
import { readyFile } from "../../components/machine/files.ts";
import { hostName } from "../../components/machine/way.ts";

/** What `npm run host` is asked for: Pulumi's operation, and what goes to it as it is. */
export interface HostWish {
  readonly operation: "up" | "preview" | "destroy";
  readonly rest: readonly string[];
}

const operations: Readonly<Record<string, HostWish["operation"]>> = { "--preview": "preview", "--destroy": "destroy" };

/** @throws Error when more than one operation is asked for */
export function hostWish(words: readonly string[]): HostWish {
  const asked = words.filter((word) => Object.hasOwn(operations, word));
  if (asked.length > 1)
    throw new Error(`npm run host takes one of ${Object.keys(operations).join(" and ")}, or neither`);
  const rest = words.filter((word) => !Object.hasOwn(operations, word));
  return { operation: operations[asked[0] ?? ""] ?? "up", rest };
}

const outputs = z.object({
  host: z.string(),
  ssh: z.string(),
  address: z.string(),
  instance: z.string(),
  repository: z.string(),
  copies: z.union([z.literal(""), z.object({ url: z.string(), keyId: z.string() })]),
});

export type MadeHost = z.output<typeof outputs>;

const ground = z.strictObject({ repository: z.string(), parts: z.string() });

/** Of shape managed. */
export type MadeGround = z.output<typeof ground>;

/** @param json of `pulumi stack output --json` */
export function readHost(json: string): MadeHost | MadeGround {
  return z.union([ground, outputs]).parse(JSON.parse(json));
}

/** What to do next where AWS runs the parts, ready to be pasted; pure. */
export function renderGround({ repository, parts }: MadeGround, stack: string): string {
  const [registry = ""] = repository.split("/");
  return [
    "",
    `Images go to ${repository}:`,
    `  aws ecr get-login-password | docker login --username AWS --password-stdin ${registry}`,
    `  docker build -t ${repository}:1.0.0 ../product && docker push ${repository}:1.0.0`,
    `  pulumi config set --path slipway:image.ref ${repository}:1.0.0@sha256:... --stack ${stack}     # the digest that the push printed`,
    "The parts' images may lie there too, since Docker Hub lets few be pulled without a login; npm start says which are missing and how they get there:",
    `  pulumi config set --path slipway:aws.parts ${parts} --stack ${stack}`,
    `  npm start -- --stack ${stack}`,
  ].join("\n");
}

/** What to do next, ready to be pasted; pure. */
export function renderHost({ ssh, address, instance, repository, copies }: MadeHost, stack: string): string {
  const set = (path: string, value: string) => `  pulumi config set --path slipway:${path} ${value} --stack ${stack}`;
  const offsite =
    copies === ""
      ? []
      : [
          "",
          "Copies of backup sets go there with:",
          set("offsite.url", copies.url),
          set("offsite.keyId", copies.keyId),
          `  pulumi -C infra/aws stack output copiesKey --show-secrets --stack ${stack} | pulumi config set --path slipway:offsite.key --secret --stack ${stack}`,
          `  openssl rand -base64 24 | pulumi config set --path slipway:offsite.password --secret --stack ${stack}     # once; then npm run host again keeps it in Secrets Manager`,
        ];
  return [
    "",
    `The host is ${instance}, its address ${address}; images go to ${repository}.`,
    "In ~/.ssh/config of each machine that runs Slipway for this stack:",
    "",
    ssh.trimEnd(),
    "",
    "Then, when the first boot is over (two minutes), compare the host's key with the one that it has printed, and launch:",
    `  aws ec2 get-console-output --latest --output text --instance-id ${instance} | grep -A3 'SSH HOST KEY KEYS'`,
    `  ssh ${hostName(stack)} test -e ${readyFile} && npm start -- --stack ${stack}`,
    ...offsite,
  ].join("\n");
}
