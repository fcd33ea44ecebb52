import { describe, expect, test } from "vitest";
import { chooseMoment } from "../../../components/archive/choice.ts";
import { offsiteOptions, offsiteRules } from "../../../components/offsite/options.ts";
import { logBucket } from "../../../components/offsite-log/bucket.ts";
import { awayRequest, fetchMoment, listAway, opened, parseAway } from "../../../components/offsite-log/fetch.ts";
import {
  type AwayLog,
  offsiteLogContainer,
  offsiteLogFiles,
  rcloneConfig,
  rcloneEnv,
} from "../../../components/offsite-log/spec.ts";
import { script } from "../../../components/steps/shell.ts";
import { sendsLog } from "../../../infra/config/continuous.ts";
import { localSettings } from "../../fixtures/settings.ts";

const place = { stack: "blue", system: "orders", generation: 2 };
const postgres: AwayLog = {
  image: "sha256:rclone",
  url: "s3:https://s3.example.org/backups/tmws",
  keyId: "AKIA0",
  kind: "postgres",
  user: "999:999",
};
const sqlite: AwayLog = { ...postgres, kind: "sqlite", user: "1000:1000" };
const secrets = { password: "a-password-of-copies", key: "a-key" };
const limits = { cpus: 0.5, memoryMb: 256, pids: 64 };

describe("the bucket", () => {
  test("of any provider is where restic's is, in a folder of its own for each stack", () => {
    expect(logBucket("s3:https://s3.example.org:9000/backups/", "blue")).toEqual({
      provider: "Other",
      endpoint: "https://s3.example.org:9000",
      region: undefined,
      path: "backups/slipway-log/blue",
    });
  });

  test("of AWS has its region in its name, which requests are signed for", () => {
    const of = (host: string) => logBucket(`s3:https://${host}/acme/tmws`, "blue");
    expect(of("s3.eu-central-1.amazonaws.com")).toMatchObject({ provider: "AWS", region: "eu-central-1" });
    expect(of("s3-eu-west-1.amazonaws.com")).toMatchObject({ provider: "AWS", region: "eu-west-1" });
    expect(of("s3.amazonaws.com")).toMatchObject({ provider: "AWS", region: "us-east-1" });
    expect(of("s3.amazonaws.com.example.org")).toMatchObject({ provider: "Other", region: undefined });
  });

  test.each([
    "sftp://backup@nas.example.org/tmws",
    "rest:https://restic.example.org/tmws",
    "s3:https://s3.example.org",
  ])("%s is none", (url) => {
    expect(() => logBucket(url, "blue")).toThrow(`${url} is no bucket of S3`);
  });
});

test("rclone's config seals names and contents; the password, which rclone writes itself, goes last", () => {
  expect(rcloneConfig({ ...postgres, url: "s3:https://s3.eu-central-1.amazonaws.com/acme" }, "a-key", "blue")).toBe(
    [
      "[bucket]",
      "type = s3",
      "provider = AWS",
      "endpoint = https://s3.eu-central-1.amazonaws.com",
      "region = eu-central-1",
      "access_key_id = AKIA0",
      "secret_access_key = a-key",
      "no_check_bucket = true",
      "[sealed]",
      "type = crypt",
      "remote = bucket:acme/slipway-log/blue/log",
      "",
    ].join("\n"),
  );
  expect(rcloneConfig(sqlite, "a-key", "blue")).toContain("remote = bucket:backups/tmws/slipway-log/blue/sqlite\n");
});

describe("the container", () => {
  const container = offsiteLogContainer(place, { away: postgres, limits, windowDays: 30, baseClass: "STANDARD_IA" });

  test("reads the archive, writes numbers, and is on a network of its own that leads out", () => {
    expect(container).toMatchObject({
      image: "sha256:rclone",
      entrypoint: ["sh", "/etc/offsite-log/offsite-log.sh"],
      user: "999:999",
      mounts: [
        { volume: "slipway-blue_archive", path: "/archive", readOnly: true },
        { volume: "slipway-blue_archive-notes", path: "/notes" },
        { volume: "slipway-blue_offsite-log-config", path: "/etc/offsite-log", readOnly: true },
      ],
      network: [{ name: "slipway-blue_offsite-log", aliases: ["offsite-log"] }],
      capabilities: [],
    });
    expect(container.env).toMatchObject({
      OFFSITE_ROOT: "/archive/log",
      OFFSITE_CLASS: "STANDARD_IA",
      OFFSITE_WINDOW_DAYS: "30",
    });
    expect(JSON.stringify(container)).not.toContain("AKIA0");
  });

  test("secrets are in files that nobody else reads", () => {
    const files = offsiteLogFiles(place, postgres, secrets, "#!/bin/sh\n");
    expect(files.map(({ path, mode, uid }) => [path, mode, uid])).toEqual([
      ["offsite-log.sh", 0o444, 999],
      ["rclone.conf", 0o400, 999],
      ["password", 0o400, 999],
    ]);
    expect(files[2]?.content).toBe("a-password-of-copies\n");
  });

  const sent = (away: AwayLog, path: string) => {
    const { env } = offsiteLogContainer(place, { away, limits, windowDays: 30, baseClass: "STANDARD" });
    if (!new RegExp(env["OFFSITE_FILES"] ?? "").test(path)) return "not";
    return new RegExp(env["OFFSITE_LARGE"] ?? "").test(path) ? "large" : "log";
  };
  const of = "20261128T201716Z-g0";

  test.each([
    [`${of}/wal/000000010000000000000001`, "log"],
    [`${of}/wal/00000002.history`, "log"],
    [`${of}/wal/000000010000000000000002.partial`, "not"],
    [`${of}/base/20261128T201832Z/start`, "log"],
    [`${of}/base/20261128T201832Z/base.tar.gz`, "large"],
    [`${of}/base/packed.part/base.tar.gz`, "not"],
    [`${of}.left/wal/000000010000000000000001`, "not"],
    ["of-0", "not"],
  ])("of PostgreSQL's %s: %s", (path, how) => expect(sent(postgres, path)).toBe(how));

  test.each([
    [`${of}/replica/ltx/1/0000000000000001-0000000000000009.ltx`, "log"],
    [`${of}/replica/ltx/9/0000000000000001-0000000000000009.ltx`, "large"],
    // A request to be paid for each second.
    [`${of}/replica/ltx/0/0000000000000001-0000000000000001.ltx`, "not"],
    [`${of}/replica/ltx/1/0000000000000001-0000000000000009.ltx.tmp`, "not"],
    [`${of}/state/ltx/1/0000000000000001-0000000000000009.ltx`, "not"],
  ])("of SQLite's %s: %s", (path, how) => expect(sent(sqlite, path)).toBe(how));
});

describe("what the bucket has", () => {
  const line = (path: string, minute: number) => `${path}\t2026-11-28 20:${minute}:00`;
  const series = "20261128T201716Z-g0";

  test("is read with when the newest part came; half a base backup is none, and a log that was set aside is not offered", () => {
    const output = [
      line(`${series}/base/20261128T201832Z/base.tar.gz`, 19),
      line(`${series}/base/20261128T201832Z/start`, 18),
      line(`${series}/base/20261129T201832Z/start`, 20),
      line(`${series}/wal/000000010000000000000001`, 41),
      line("20261129T100000Z-g1/base/20261129T100100Z/base.tar.gz", 50),
      line("20261129T100000Z-g1/base/20261129T100100Z/start", 50),
      line("20261129T100000Z-g1/left", 55),
      "",
    ].join("\n");
    const all = parseAway(output);
    expect(all).toEqual([
      {
        name: series,
        generation: 0,
        begun: new Date("2026-11-28T20:17:16Z"),
        bases: [new Date("2026-11-28T20:18:32Z")],
        newest: new Date("2026-11-28T20:41:00Z"),
      },
    ]);
    expect(chooseMoment(all, new Date("2026-11-29T12:00:00Z"))?.series).toBe(series);
  });

  test("nothing is no log", () => expect(parseAway("")).toEqual([]));

  test("is asked by a session with a way out, the archive, and nothing else of the stack's", () => {
    expect(awayRequest({ away: postgres, secrets }, place, { stack: "drill-blue", system: "orders" })).toEqual({
      image: "sha256:rclone",
      user: "0:0",
      env: {
        ...rcloneEnv,
        SLIPWAY_RCLONE: rcloneConfig(postgres, "a-key", "blue"),
        SLIPWAY_RCLONE_PASSWORD: "a-password-of-copies",
      },
      mounts: [{ volume: "slipway-drill-blue_archive", path: "/archive" }],
      network: [{ name: "bridge", aliases: [] }],
      memoryMb: 512,
      capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
    });
    expect(listAway.argv).toEqual(
      script(
        "code=0",
        "rclone lsf -R --files-only --use-server-modtime --format pt --separator '\t' sealed: || code=$?",
        '[ "$code" = 3 ] || exit "$code"',
      ),
    );
    expect(JSON.stringify(opened)).not.toContain("a-password");
  });

  const moment = { at: new Date("2026-11-28T20:30:00Z"), series, base: new Date("2026-11-28T20:18:32Z") };

  test("of PostgreSQL's comes a base backup, the log from there on, and its unfinished end", () => {
    expect(fetchMoment(postgres, moment).argv).toEqual(
      script(
        "umask 077",
        "mkdir -p /archive/log",
        "chown 999:999 /archive/log",
        "cd /archive/log",
        "rm -rf .fetched",
        "mkdir .fetched",
        `start=$(rclone cat sealed:${series}/base/20261128T201832Z/start)`,
        `rclone lsf -R --files-only sealed:${series} > /tmp/there`,
        `awk -F/ -v base=20261128T201832Z -v start="$start" '$1 == "base" && $2 == base; $1 == "wal" && ($2 ~ /history/ || substr($2, 9, 16) "" >= substr(start, 9, 16) "")' /tmp/there > /tmp/wanted`,
        `rclone copy --files-from-raw /tmp/wanted sealed:${series} .fetched/${series}`,
        `for each in .fetched/${series}/wal/*.partial.gz; do if [ -f "$each" ]; then gunzip "$each"; fi; done`,
        "chown -R 999:999 .fetched",
        `if [ ! -e ${series} ]; then mv .fetched/${series} ${series}; else`,
        `  rclone copy --ignore-existing .fetched/${series}/wal ${series}/wal`,
        `  mkdir -p ${series}/base`,
        `  if [ ! -e ${series}/base/20261128T201832Z ]; then mv .fetched/${series}/base/20261128T201832Z ${series}/base/; fi`,
        `  chown -R 999:999 ${series}`,
        "fi",
        "rm -rf .fetched",
      ),
    );
  });

  test("of SQLite's the whole log comes, to whom it belongs", () => {
    const { argv } = fetchMoment(sqlite, moment);
    expect(argv.join("\n")).toContain(`rclone copy --exclude /left sealed:${series} .fetched/${series}`);
    expect(argv.join("\n")).toContain(`rclone copy --ignore-existing .fetched/${series} ${series}`);
    expect(argv.join("\n")).toContain("chown -R 1000:1000 .fetched");
  });
});

describe("slipway:offsite.continuous", () => {
  const read = (input: object) => offsiteOptions.parse(input);
  const broken = (input: object) => offsiteRules.flatMap(({ breaks }) => breaks(read(input)));
  const place = { password: "a-password-of-copies", continuous: true };

  test("is off, and wants S3", () => {
    expect(read({}).continuous).toBe(false);
    expect(broken({ ...place, url: "s3:https://s3.example.org/backups" })).toEqual([]);
    expect(broken({ ...place, url: "rest:https://restic.example.org/tmws" })).toEqual([["continuous"]]);
    expect(broken({ continuous: true })).toEqual([["continuous"]]);
    expect(broken({ ...place, url: "s3:https://s3.example.org" })).toEqual([["continuous"]]);
  });

  const wish = (continuous: boolean | undefined) => ({
    ...localSettings,
    backup: { ...localSettings.backup, ...(continuous !== undefined && { continuous }) },
    offsite: { ...localSettings.offsite, continuous: true },
  });

  test("has the log received that it sends, SQLite's too, unless that is forbidden", () => {
    const database = { kind: "sqlite" } as const;
    expect([sendsLog({ database }, wish(undefined)), sendsLog({ database }, wish(false))]).toEqual([true, false]);
    expect(sendsLog({ database }, localSettings)).toBe(false);
  });
});
