import { expect, test } from "vitest";
import { sshConfig, sshUrl } from "../../../../components/machine/way.ts";
import { hostWish, type MadeHost, readHost, renderGround, renderHost } from "../../../../ops/aws/wishes.ts";
import { parseSshUrl } from "../../../../toolchain/ssh/address.ts";

const outputs = {
  host: sshUrl("production"),
  ssh: sshConfig("production", "eu-central-1", "i-0123456789abcdef0"),
  address: "203.0.113.7",
  instance: "i-0123456789abcdef0",
  repository: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/slipway/production",
  copies: { url: "s3:https://s3.eu-central-1.amazonaws.com/b/production", keyId: "AKIA0" },
  copiesKey: "[secret]",
};

function madeHost(json: string): MadeHost {
  const made = readHost(json);
  if (!("host" in made)) throw new Error("no host");
  return made;
}

test("one operation, and Pulumi's own words as they are", () => {
  expect(hostWish([])).toEqual({ operation: "up", rest: [] });
  expect(hostWish(["--preview", "--diff"])).toEqual({ operation: "preview", rest: ["--diff"] });
  expect(hostWish(["--yes", "--destroy"])).toEqual({ operation: "destroy", rest: ["--yes"] });
  expect(() => hostWish(["--preview", "--destroy"])).toThrow(
    "npm run host takes one of --preview and --destroy, or neither",
  );
});

test("the host's address is one that slipway:host takes, and ssh comes by Session Manager", () => {
  expect(parseSshUrl(outputs.host)).toMatchObject({ user: "slipway", host: "slipway-production", port: undefined });
  expect(outputs.ssh).toBe(`Host slipway-production
  HostName i-0123456789abcdef0
  User slipway
  ServerAliveInterval 30
  ProxyCommand aws ssm start-session --region eu-central-1 --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p
`);
});

test("what to do next, without the key itself", () => {
  const said = renderHost(madeHost(JSON.stringify(outputs)), "production");
  expect(said).toContain("ssh slipway-production test -e /var/lib/slipway-ready && npm start -- --stack production");
  expect(said).toContain("pulumi config set --path slipway:offsite.keyId AKIA0 --stack production");
  expect(said).toContain(
    "stack output copiesKey --show-secrets --stack production | pulumi config set --path slipway:offsite.key --secret",
  );
  expect(said).not.toContain("[secret]");
});

test("without a bucket nothing is said of one", () => {
  expect(renderHost(madeHost(JSON.stringify({ ...outputs, copies: "" })), "production")).not.toContain("offsite");
});

test("of shape managed the repository alone, and what to push and set", () => {
  const made = readHost(JSON.stringify({ repository: outputs.repository, parts: `${outputs.repository}-parts` }));
  expect("host" in made).toBe(false);
  if ("host" in made) throw new Error("a host");
  expect(renderGround(made, "production")).toContain("aws.parts 123456789012.dkr.ecr");
  expect(renderGround(made, "production")).toContain(
    "docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-central-1.amazonaws.com\n",
  );
});
