import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { knownIn } from "../../../components/logs/known.ts";
import { exporterOf, type Receiver } from "../../../components/logs/receivers.ts";
import { shippedLogs, shipperConfig, shipperContainer, shipperFiles } from "../../../components/logs/spec.ts";

const place = { stack: "blue", system: "tmws" };
const url = "https://logs.example.org";
const limits = { cpus: 0.25, memoryMb: 192, pids: 64 };

function exporter(receiver: Receiver): unknown {
  const [name, settings] = exporterOf(receiver, "blue");
  const { sending_queue: queue, ...own } = settings;
  // Bounded, and nobody is kept waiting when it is full.
  expect(queue).toEqual({ enabled: true, queue_size: 200, num_consumers: 2, block_on_overflow: false });
  return [name, own];
}

const patient = { retry_on_failure: { enabled: true, max_interval: "10s", max_elapsed_time: "0s" } };

describe("each receiver by its own exporter", () => {
  test.each<[Receiver, string, unknown]>([
    [
      { to: "loki", url, user: "1234", token: "a-Token-0" },
      "otlphttp",
      { endpoint: `${url}/otlp`, headers: { Authorization: "Basic MTIzNDphLVRva2VuLTA=" }, ...patient },
    ],
    [
      { to: "otlp", url, token: "a-Token-0" },
      "otlphttp",
      { endpoint: url, headers: { Authorization: "Bearer a-Token-0" }, ...patient },
    ],
    [{ to: "loki", url }, "otlphttp", { endpoint: `${url}/otlp`, headers: {}, ...patient }],
    [
      { to: "datadog", url, token: "a-Token-0" },
      "otlphttp",
      { logs_endpoint: `${url}/v1/logs`, headers: { "dd-api-key": "a-Token-0" }, ...patient },
    ],
    [
      { to: "elasticsearch", url, user: "writer", token: "a-Token-0" },
      "elasticsearch",
      {
        endpoint: url,
        logs_index: "slipway-blue",
        user: "writer",
        password: "a-Token-0",
        mapping: { mode: "ecs" },
        retry: { enabled: true, max_interval: "10s", max_retries: 1000 },
      },
    ],
    [
      { to: "splunk", url, token: "a-Token-0" },
      "splunk_hec",
      { endpoint: `${url}/services/collector`, token: "a-Token-0", source: "slipway-blue", ...patient },
    ],
    [
      { to: "cloudwatch", url: "https://logs.eu-central-1.amazonaws.com" },
      "awscloudwatchlogs",
      {
        endpoint: "https://logs.eu-central-1.amazonaws.com",
        region: "eu-central-1",
        log_group_name: "/slipway/blue",
        log_stream_name: "all",
        ...patient,
      },
    ],
    [
      { to: "syslog", url: "tls://logs.example.org:6514" },
      "syslog",
      {
        endpoint: "logs.example.org",
        port: 6514,
        network: "tcp",
        protocol: "rfc5424",
        tls: { insecure: false },
        ...patient,
      },
    ],
  ])("%j", (receiver, name, settings) => {
    expect(exporter(receiver)).toEqual([name, settings]);
  });
});

describe("what is replaced", () => {
  /** The expression as Go reads it once OTTL has taken the string apart; `\x{2e}` is `\u{2e}` in JavaScript. */
  const asPattern = (written: string) => new RegExp(written.replaceAll("\\\\x{", "\\u{"), "gu");

  test("nothing known, nothing replaced", () => {
    expect(knownIn(["abc", ""])).toBeUndefined();
  });

  test("a secret of any letters is found whole", () => {
    const secret = fc.string({ minLength: 4, maxLength: 20, unit: "grapheme" }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(secret, (known) => {
        expect(`[${known}]`.replaceAll(asPattern(knownIn([known]) ?? ""), "***")).toBe("[***]");
      }),
    );
  });

  test("longest first, several lines also one by one, and nothing that ends the string around it", () => {
    expect(knownIn(["abcd", "abcdef"])).toBe("(abcdef|abcd)");
    expect(knownIn(["first\n  second"])).toBe("(first\\\\x{a}\\\\x{20}\\\\x{20}second|second|first)");
    expect(knownIn(['a"\\$b'])).toBe("(a\\\\x{22}\\\\x{5c}\\\\x{24}b)");
  });
});

describe("the Collector's config", () => {
  const config = (receiver: Receiver, secrets: readonly string[] = []) =>
    parse(shipperConfig(place, receiver, secrets, 192));

  test("a line of the engine's becomes time, part, container and message", () => {
    const { receivers, service } = config({ to: "loki", url });
    const [{ regex }] = receivers.udplog.operators;
    const read = new RegExp(regex.replaceAll("$$", "$").replace("(?s)", "").replaceAll("?P<", "?<"), "s");
    const line = "<30>1 2026-11-28T20:30:07.985489Z vm web/b65c2330ff4a 4193 web/b65c2330ff4a - one\ntwo - three\n";
    expect({ ...read.exec(line)?.groups }).toEqual({
      priority: "30",
      time: "2026-11-28T20:30:07.985489Z",
      part: "web",
      container: "b65c2330ff4a",
      message: "one\ntwo - three",
    });
    expect(service.pipelines.logs).toEqual({
      receivers: ["udplog"],
      processors: ["memory_limiter", "transform", "batch"],
      exporters: ["otlphttp"],
    });
  });

  test("secrets are replaced before anything is sent; memory is bounded", () => {
    const { processors } = config({ to: "loki", url }, ["the-password"]);
    expect(processors.transform.log_statements[0]).toBe('replace_pattern(log.body, "(the\\\\x{2d}password)", "***")');
    expect(processors.memory_limiter).toEqual({ check_interval: "1s", limit_mib: 144, spike_limit_mib: 28 });
  });

  test("a dollar of a token is no variable of the Collector's", () => {
    const text = shipperConfig(place, { to: "splunk", url, token: "a$b{c}$ENV" }, [], 192);
    expect(text).toContain("token: a$$b{c}$$ENV");
  });
});

test("the container: UDP at the loopback alone, a network of its own, keys for CloudWatch in a file of its own", () => {
  const container = shipperContainer(place, { image: "sha256:otel", limits, port: 5515 });
  expect(container).toMatchObject({
    name: "slipway-blue_log-shipper",
    env: { AWS_SHARED_CREDENTIALS_FILE: "/etc/slipway/aws" },
    network: [{ name: "slipway-blue_ship", aliases: [] }],
    ports: [{ address: "127.0.0.1", port: 5515, inside: 5514, protocol: "udp" }],
    mounts: [{ volume: "slipway-blue_log-shipper-config", path: "/etc/slipway", readOnly: true }],
  });
  const aws = {
    to: "cloudwatch",
    url: "https://logs.eu-central-1.amazonaws.com",
    user: "AKIA0",
    token: "the-key-0",
  } as const;
  const written = shipperFiles(place, aws, [], 192);
  expect(written.map(({ path, mode }) => [path, mode])).toEqual([
    ["config.yaml", 0o400],
    ["aws", 0o400],
  ]);
  expect(written[1]?.content).toBe("[default]\naws_access_key_id = AKIA0\naws_secret_access_key = the-key-0\n");
});

test("the engine sends without waiting, and keeps as much on the host as it would have kept", () => {
  expect(shippedLogs({ "max-size": "10m", "max-file": "30", compress: "true" }, 5514)).toEqual({
    "syslog-address": "udp://127.0.0.1:5514",
    "syslog-format": "rfc5424micro",
    tag: '{{index .ContainerLabels "slipway.part"}}/{{.ID}}',
    mode: "non-blocking",
    "max-buffer-size": "1m",
    "cache-max-size": "10m",
    "cache-max-file": "30",
    "cache-compress": "true",
  });
});
