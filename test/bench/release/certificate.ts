import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:tls";
import { wordsOf } from "./failure.ts";

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

/** A proxy that was told of another certificate loads it within moments. */
const loadedMs = 10_000;

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

/** Another one is given, and served from then on: connections that there are keep theirs. @param withinMs default 10 s */
export async function giveCertificate(
  address: TlsAddress,
  give: () => Promise<void>,
  withinMs = loadedMs,
): Promise<void> {
  const before = await served(address);
  await give();
  const deadline = Date.now() + withinMs;
  for (;;) {
    // A busy machine does not get to every handshake; what users meet in this moment is the load's to tell.
    const now = await served(address).catch((error: unknown) => wordsOf(error));
    if (typeof now !== "string" && now.serial !== before.serial) return;
    if (Date.now() > deadline) {
      const last = typeof now === "string" ? now : `the certificate ${now.serial} is still served`;
      throw new Error(`${last} ${withinMs / 1000} s after another one was given`);
    }
    await pause(200);
  }
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
