import {
  type ContainerSpec,
  type Health,
  type Limits,
  labelsFor,
  type Place,
  resourceName,
} from "../container/spec.ts";
import { directory } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { dataPart } from "../volumes/spec.ts";
import { noun } from "./noun.ts";

/** Chroma 1.x, single node, reachable on the private network only (guide 003, "Phase 5: ChromaDB Validation"). */
export interface ChromaSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
}

export const chromaAlias = "chroma";
export const chromaPort = noun.beside.port;
export const chromaUrl = `http://${chromaAlias}:${chromaPort}`;
/** No user of either image: both would run as root. */
const owner = { uid: 1000, gid: 1000 };
const folder = "chroma";
const dataPath = "/data";
/** Where the data lie, in the container. */
export const chromaFolder = `${dataPath}/${folder}`;

/** Neither image has curl; bash opens the connection itself. */
const ask = [
  `exec 3<>/dev/tcp/127.0.0.1/${chromaPort}`,
  `printf 'GET ${noun.beside.healthPath} HTTP/1.0\\r\\n\\r\\n' >&3`,
  "read -r -t 3 answer <&3",
  '[[ "$answer" == *" 200 "* ]]',
].join(" && ");

const health: Health = {
  test: ["CMD", "bash", "-c", ask],
  intervalSeconds: 10,
  timeoutSeconds: 5,
  startPeriodSeconds: 10,
  retries: 3,
};

/** Chroma on a Docker host: on the private network alone, telling nobody how it is used, as a user that owns its data. */
export function chromaContainer(place: Place, spec: ChromaSpec): ContainerSpec {
  return {
    name: resourceName(place, "chroma"),
    image: spec.image,
    // In place of the image's own config file: the data lie in a folder that this user owns.
    command: ["run", "--host", "0.0.0.0", "--port", String(chromaPort), "--path", chromaFolder],
    env: { ANONYMIZED_TELEMETRY: "false", HOME: "/tmp" },
    user: `${owner.uid}:${owner.gid}`,
    mounts: [{ volume: resourceName(place, dataPart(place, "chroma-data")), path: dataPath }],
    tmpfs: ["/tmp"],
    network: [{ name: spec.network, aliases: [chromaAlias] }],
    labels: labelsFor(place, "chroma", "part"),
    limits: spec.limits,
    capabilities: [],
    health,
    restart: "unless-stopped",
    stopGraceSeconds: 30,
  };
}

/** A fresh volume belongs to root; the server does not. */
export function chromaFiles(): readonly FileEntry[] {
  return [directory(folder, owner, 0o700)];
}
