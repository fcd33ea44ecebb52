import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { cached } from "../../../toolchain/cache.ts";
import { succeed } from "../../../toolchain/command.ts";

const version = "6.2.0";

const suites = z.object({
  result: z.object({
    is_tls_version_supported: z.boolean(),
    accepted_cipher_suites: z.array(z.object({ cipher_suite: z.object({ name: z.string() }) })),
  }),
});

const found = z.object({
  ssl_2_0_cipher_suites: suites,
  ssl_3_0_cipher_suites: suites,
  tls_1_0_cipher_suites: suites,
  tls_1_1_cipher_suites: suites,
  tls_1_2_cipher_suites: suites,
  tls_1_3_cipher_suites: suites,
  heartbleed: z.object({ result: z.object({ is_vulnerable_to_heartbleed: z.boolean() }) }),
  openssl_ccs_injection: z.object({ result: z.object({ is_vulnerable_to_ccs_injection: z.boolean() }) }),
  robot: z.object({ result: z.object({ robot_result: z.string() }) }),
  tls_compression: z.object({ result: z.object({ supports_compression: z.boolean() }) }),
  session_renegotiation: z.object({ result: z.object({ is_vulnerable_to_client_renegotiation_dos: z.boolean() }) }),
});

const report = z.object({ server_scan_results: z.tuple([z.object({ scan_result: found })]) });

export type Scan = z.infer<typeof found>;

/** What sslyze (PyPI) finds out about a server on this machine, asked under a name. */
export async function scan(port: number, name: string): Promise<Scan> {
  const python = (await succeed("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])).trim();
  const packages = await cached(`sslyze-${version}-python-${python}`, async (draft) => {
    await succeed("python3", ["-m", "pip", "install", "--quiet", "--target", draft, `sslyze==${version}`]);
  });
  const folder = await mkdtemp(join(tmpdir(), "slipway-sslyze-"));
  try {
    const file = join(folder, "report.json");
    const kinds = ["sslv2", "sslv3", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3"].concat([
      "heartbleed",
      "openssl_ccs",
      "robot",
      "compression",
      "reneg",
    ]);
    const options = [...kinds.map((kind) => `--${kind}`), "--sni", name, "--mozilla_config", "disable"];
    await succeed("python3", ["-m", "sslyze", ...options, "--json_out", file, `127.0.0.1:${port}`], {
      env: { PYTHONPATH: packages },
      timeoutMs: 240_000,
    });
    return report.parse(JSON.parse(await readFile(file, "utf8"))).server_scan_results[0].scan_result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
