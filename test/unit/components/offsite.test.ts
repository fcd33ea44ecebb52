import { describe, expect, test } from "vitest";
import { offsiteOptions } from "../../../components/offsite/options.ts";
import {
  copySet,
  fetchCopy,
  listCopies,
  offsiteRequest,
  parseCopies,
  type Repository,
  sshFiles,
  thinOut,
} from "../../../components/offsite/spec.ts";
import { script } from "../../../components/steps/shell.ts";

const repository: Repository = {
  image: "sha256:restic",
  url: "s3:https://s3.example.org/backups/tmws",
  keyId: "AKIA0",
  keep: { daily: 30, weekly: 0, monthly: 12 },
};
const secrets = { password: "a-password-of-copies", key: "a-key" };
const name = "20260101T020304Z-backup";
const restic = `restic --no-cache --quiet \${SLIPWAY_RESTIC_OPTIONS:-} \${SLIPWAY_SSH_OPTIONS:+-o "sftp.args=$SLIPWAY_SSH_OPTIONS"}`;
/** First in each: why ssh failed, which restic tells in part. */
const tells = "trap 'if [ $? != 0 ] && [ -f /tmp/ssh/said ]; then cat /tmp/ssh/said >&2; fi' EXIT";
const opened = [
  "code=0",
  `timeout 45 ${restic} cat config > /dev/null 2> /tmp/why || code=$?`,
  `if [ "$code" = 124 ] || [ "$code" = 143 ]; then echo 'nobody answered within 45 s' >> /tmp/why; fi`,
];

describe("the session", () => {
  test("sees the sets and the way out, and no network or volume of the stack's", () => {
    expect(offsiteRequest(repository, secrets, "slipway-blue_backups")).toEqual({
      image: "sha256:restic",
      user: "0:0",
      env: {
        RESTIC_REPOSITORY: "s3:https://s3.example.org/backups/tmws",
        RESTIC_PASSWORD: "a-password-of-copies",
        AWS_ACCESS_KEY_ID: "AKIA0",
        AWS_SECRET_ACCESS_KEY: "a-key",
      },
      mounts: [{ volume: "slipway-blue_backups", path: "/backup" }],
      network: [{ name: "bridge", aliases: [] }],
      hostGateway: true,
      memoryMb: 1024,
      capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
    });
  });

  test("S3 may have a class, which restic takes as an option alone", () => {
    const { env } = offsiteRequest({ ...repository, storageClass: "STANDARD_IA" }, secrets, "v");
    expect(env["SLIPWAY_RESTIC_OPTIONS"]).toBe("-o s3.storage-class=STANDARD_IA");
  });

  test("SFTP knows one key and one host, and asks nobody; no list of processes shows it", () => {
    const sftp = {
      ...repository,
      url: "sftp://backup@nas.example.org/tmws",
      keyId: "",
      knownHosts: "nas ssh-ed25519 AAAA",
    };
    const keys = { ...secrets, key: "", sshKey: "-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3Bl\r\n-----END" };
    const { env } = offsiteRequest(sftp, keys, "v");
    expect(env).toEqual({
      RESTIC_REPOSITORY: sftp.url,
      RESTIC_PASSWORD: secrets.password,
      SLIPWAY_SSH_OPTIONS: "-F /tmp/ssh/config -E /tmp/ssh/said",
    });
    const files = sshFiles(sftp, keys);
    expect(files?.argv[2]?.split("\n")[0]).toBe("umask 077");
    expect(files?.argv.join(" ")).not.toContain("b3Bl");
    expect(files?.env?.["SLIPWAY_SSH_CONFIG"]?.split("\n").map((line) => line.trim())).toEqual([
      "Host *",
      "IdentityFile /tmp/ssh/key",
      "IdentitiesOnly yes",
      "UserKnownHostsFile /tmp/ssh/known_hosts",
      "StrictHostKeyChecking yes",
      "BatchMode yes",
      "ConnectTimeout 15",
      "ServerAliveInterval 15",
      "",
    ]);
    expect(files?.env?.["SLIPWAY_SSH_HOSTS"]).toBe("nas ssh-ed25519 AAAA\n");
    expect(files?.env?.["SLIPWAY_SSH_KEY"]).toBe("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END\n");
    expect(sshFiles(repository, secrets)).toBeUndefined();
  });

  test("restic's own server has a user and a password, and may have none", () => {
    const rest = { ...repository, url: "rest:https://backups.example.org/tmws" };
    expect(offsiteRequest(rest, secrets, "v").env).toMatchObject({
      RESTIC_REST_USERNAME: "AKIA0",
      RESTIC_REST_PASSWORD: "a-key",
    });
    expect(Object.keys(offsiteRequest({ ...rest, keyId: "" }, secrets, "v").env)).toEqual([
      "RESTIC_REPOSITORY",
      "RESTIC_PASSWORD",
    ]);
  });
});

describe("commands", () => {
  test("a copy: a repository that is not there is made, one that cannot be opened is told, what was copied is read back", () => {
    expect(copySet("blue", { name, ended: new Date("2026-01-01T02:03:09Z") })).toEqual([
      script(
        tells,
        ...opened,
        'if [ "$code" = 10 ]; then',
        `  ${restic} init`,
        'elif [ "$code" != 0 ]; then cat /tmp/why >&2; exit "$code"; fi',
        `${restic} unlock`,
        "cd /backup/sets",
        `${restic} backup --host 'blue' --time '2026-01-01 02:03:09' --tag slipway-set --tag 'set=${name}' --tag 'ended=2026-01-01T02:03:09.000Z' '${name}'`,
        `${restic} snapshots --host 'blue' --tag 'slipway-set,set=${name}' --json`,
      ),
    ]);
  });

  test("retention: only this stack's, never the newest", () => {
    expect(thinOut("blue", repository.keep)).toEqual([
      script(
        tells,
        `${restic} forget --host 'blue' --tag slipway-set --group-by host --keep-last 1 --keep-daily 30 --keep-monthly 12 --prune`,
      ),
    ]);
  });

  test("a list of a repository that was never made is empty; one that does not answer is told soon", () => {
    expect(listCopies("blue")).toEqual([
      script(
        tells,
        ...opened,
        'if [ "$code" = 10 ]; then echo "[]"; exit 0; fi',
        'if [ "$code" != 0 ]; then cat /tmp/why >&2; exit "$code"; fi',
        `${restic} snapshots --host 'blue' --tag slipway-set --json`,
      ),
    ]);
  });

  test("a copy comes back under its name last, after its checksums", () => {
    const [argv] = fetchCopy({ snapshot: "0a1b", name, ended: new Date(0), purpose: "backup" });
    const lines = argv?.[2]?.split("\n") ?? [];
    expect(lines.slice(0, 5)).toEqual([
      tells,
      `rm -rf '/backup/sets/${name}.part'`,
      `mkdir -p '/backup/sets/${name}.part'`,
      `${restic} restore '0a1b:/${name}' --target '/backup/sets/${name}.part'`,
      `chown --reference=/backup/sets '/backup/sets/${name}.part'`,
    ]);
    expect(lines).toContain("sha256sum --quiet -c SHA256SUMS");
    expect(lines.at(-1)).toBe(`mv -T '/backup/sets/${name}.part' '/backup/sets/${name}'`);
  });
});

describe("what the repository has", () => {
  const snapshot = (id: string, set: string, ended: string) => ({
    id,
    tags: ["slipway-set", `set=${set}`, `ended=${ended}`],
  });

  test("the newest copy of each set, oldest set first; what is no set of ours is left out", () => {
    const said = [
      snapshot("b", "20260102T020000Z-backup", "2026-01-02T02:00:05.000Z"),
      snapshot("a", "20260101T020000Z-backup-point", "2026-01-01T02:00:05.000Z"),
      snapshot("c", "20260102T020000Z-backup", "2026-01-02T02:00:05.000Z"),
      { id: "d", tags: ["slipway-set"] },
      { id: "e" },
    ];
    expect(parseCopies(JSON.stringify(said))).toEqual([
      {
        snapshot: "a",
        name: "20260101T020000Z-backup-point",
        purpose: "backup-point",
        ended: new Date("2026-01-01T02:00:05.000Z"),
      },
      {
        snapshot: "c",
        name: "20260102T020000Z-backup",
        purpose: "backup",
        ended: new Date("2026-01-02T02:00:05.000Z"),
      },
    ]);
    expect(parseCopies("null")).toEqual([]);
  });
});

test.each([
  "s3:https://s3.example.org/backups",
  "rest:https://backups.example.org/tmws",
  "s3:http://127.0.0.1:9000/backups/tmws",
  "sftp://backup@nas.example.org/tmws",
  "sftp://backup@192.0.2.7:2222//srv/copies/tmws",
])("%s is a place for copies", (url) => {
  expect(offsiteOptions.safeParse({ url }).success).toBe(true);
});

test.each([
  "/var/backups",
  "s3:s3.example.org/backups",
  "https://s3.example.org/backups",
  "s3:https://key:secret@s3.example.org/backups",
  "sftp:user@host:/srv",
  "sftp://host/srv",
  "sftp://user:secret@host/srv",
  "sftp://-oProxyCommand=x@host/srv",
  "sftp://user@-oProxyCommand=x/srv",
  "s3:https://s3.example.org/b x",
])("%s is none", (url) => {
  expect(offsiteOptions.safeParse({ url }).success).toBe(false);
});
