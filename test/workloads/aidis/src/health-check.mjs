/** `aidis-health`: whether the server in this container answers, with this image's version, and its database works; exit 0 or 1. */
import { Client } from "./client.mjs";

/** Exits at once: a connection that is open would keep the process. */
function end(code, words) {
  console.log(`aidis-health: ${words}`);
  process.exit(code);
}

setTimeout(() => end(1, "no answer in 4 s"), 4_000);

try {
  const client = await Client.connect("127.0.0.1", 3001);
  await client.must("ping");
  const { status, version } = await client.must("health");
  const wanted = process.env["AIDIS_VERSION"] ?? version;
  const good = status === "healthy" && version === wanted;
  end(good ? 0 : 1, good ? `${status}, version ${version}` : `${status}, version ${version}, wanted ${wanted}`);
} catch (error) {
  end(1, error.message);
}
