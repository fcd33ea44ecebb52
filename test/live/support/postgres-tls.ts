import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as secure } from "node:tls";
import { engine } from "./host.ts";

/** The address of a container on its one network; this host reaches it there. */
export async function addressOf(container: string): Promise<string> {
  const { NetworkSettings } = await engine.getContainer(container).inspect();
  const [network] = Object.values(NetworkSettings.Networks);
  if (network === undefined) throw new Error(`container ${container} is on no network`);
  return network.IPAddress;
}

/** The certificate that PostgreSQL serves now: its SSLRequest, the server's `S`, then a handshake that trusts anyone. */
export async function servedCertificate(host: string): Promise<X509Certificate> {
  const socket = connect({ host, port: 5432 });
  try {
    await once(socket, "connect");
    // Length 8, then the code 80877103 (docs: "53.7. Message Formats").
    socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    const [answer] = await once(socket, "data");
    if (String(answer) !== "S") throw new Error(`PostgreSQL answered ${JSON.stringify(String(answer))} to SSLRequest`);
    const client = secure({ socket, rejectUnauthorized: false, ALPNProtocols: ["postgresql"] });
    await once(client, "secureConnect");
    const served = client.getPeerX509Certificate();
    if (served === undefined) throw new Error("PostgreSQL showed no certificate");
    return served;
  } finally {
    socket.destroy();
  }
}
