import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:tls";

export interface TlsAddress {
  readonly port: number;
  readonly host: string;
  readonly ca: string;
}

interface Served {
  readonly serial: string;
  readonly until: Date;
}

/** Caddy looks at its certificates every ten minutes unless its config says otherwise. */
const patienceMs = 11 * 60_000;

/**
 * One renewal under load: waits until the edge serves another certificate than now. The edge renews by itself, so a release of this kind
 * needs certificates that last minutes: `shortLivedCertificate` in scenario.ts is the config that makes them so.
 */
export async function renewCertificate(address: TlsAddress): Promise<void> {
  const before = await served(address);
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if ((await served(address)).serial !== before.serial) return;
    await pause(1000);
  }
  throw new Error(`the edge still serves the certificate ${before.serial} after ${patienceMs / 1000} s`);
}

/** Tells before the load what would else be known after minutes of it. */
export async function assertShortLived(address: TlsAddress): Promise<void> {
  const { until } = await served(address);
  if (until.getTime() - Date.now() < 2 * patienceMs) return;
  throw new Error(
    `the edge's certificate lasts until ${until.toISOString()}: no renewal can be seen; set shortLivedCertificate in scenario.ts, or leave it out by --only`,
  );
}

function served({ port, host, ca }: TlsAddress): Promise<Served> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: host, ca }, () => {
      const { serialNumber, valid_to } = socket.getPeerCertificate();
      socket.end();
      resolve({ serial: serialNumber, until: new Date(valid_to) });
    });
    socket.on("error", reject);
  });
}
