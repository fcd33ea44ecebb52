/** `aidis-health`: whether the server in this container answers, with this image's version, and its database works; exit 0 or 1. */
import { Client } from "./client.mjs";

const timer = setTimeout(() => {
  console.error("aidis-health: no answer in 4 s");
  process.exit(1);
}, 4_000);

try {
  const client = await Client.connect("127.0.0.1", 3001);
  await client.must("ping");
  const { status, version } = await client.must("health");
  const wanted = process.env["AIDIS_VERSION"] ?? version;
  if (status !== "healthy" || version !== wanted) throw new Error(`${status}, version ${version}, wanted ${wanted}`);
  client.close();
  console.log(`aidis-health: ${status}, version ${version}`);
} catch (error) {
  console.error(`aidis-health: ${error.message}`);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}
