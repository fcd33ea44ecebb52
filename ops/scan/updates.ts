import type Docker from "dockerode";
import type { Finding } from "./report.ts";

const noApt = 3;
const refused = 4;

/** In the image itself, which knows its packages and its archive's keys; its container is thrown away. */
const script = `command -v apt-get >/dev/null || exit ${noApt}
. /etc/os-release
echo "deb http://deb.debian.org/debian-security $VERSION_CODENAME-security main" > /etc/apt/sources.list.d/slipway-scan.list
apt-get -qq -o APT::Update::Error-Mode=any -o Acquire::Retries=1 update >/tmp/said 2>&1 || { tail -n 3 /tmp/said; exit ${refused}; }
LC_ALL=C apt-get -s dist-upgrade | grep '^Inst ' || true`;

/** What the image's distribution has for it now, or why it could not be asked. */
export async function pendingUpdates(
  engine: Docker,
  image: string,
): Promise<{ readonly findings: readonly Finding[] } | { readonly why: string }> {
  const container = await engine.createContainer({
    Image: image,
    User: "0:0",
    Entrypoint: ["sh", "-c", script],
    Cmd: [],
    Labels: { "slipway.scan": "true" },
    HostConfig: { Memory: 512 * 1024 * 1024, PidsLimit: 128, SecurityOpt: ["no-new-privileges:true"] },
  });
  try {
    await container.start();
    const { StatusCode } = await container.wait();
    const said = plainText(await container.logs({ stdout: true, stderr: true }));
    if (StatusCode === noApt) return { why: "pending updates: it has no apt, which asks Debian's archive" };
    if (StatusCode !== 0) return { why: `pending updates: its archive did not answer: ${said.replaceAll("\n", " ")}` };
    return { findings: findingsIn(said) };
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** The engine's frames around each piece: eight bytes, of which the last four are its length. */
function plainText(framed: Buffer): string {
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= framed.length; ) {
    const length = framed.readUInt32BE(at + 4);
    pieces.push(framed.toString("utf8", at + 8, at + 8 + length));
    at += 8 + length;
  }
  return pieces.join("").trim();
}

/** `Inst libssl3 [3.5.1-1] (3.5.1-1+deb13u1 Debian-Security:13/stable-security [amd64])` */
export function findingsIn(said: string): readonly Finding[] {
  return [...said.matchAll(/^Inst (\S+) \[(\S+)\] \((\S+) ([^)]*)\)/gm)].map(
    ([, name = "", installed = "", available = "", from = ""]) => ({
      package: name,
      installed,
      available,
      security: /security/i.test(from),
    }),
  );
}
