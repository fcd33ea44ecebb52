/** Folders that may know each other, and every floor below theirs. */
export interface Floor {
  readonly name: string;
  /** For the newcomer: what is done on it. */
  readonly duty: string;
  /** Its folders, in the order of the picture. `components/*`: every noun that no other floor names. */
  readonly rooms: readonly string[];
}

const nouns = "components/*";

/** The house from the roof down. What runs or is read is imported downwards alone. */
export const floors: readonly Floor[] = [
  { name: "ops", duty: "commands beside pulumi up", rooms: ["ops"] },
  {
    name: "infra",
    duty: "config, systems, the platform",
    rooms: [
      "infra",
      "infra/aws",
      "infra/bootstrap",
      "infra/preflight",
      "infra/release",
      "infra/platforms",
      "infra/images",
      "infra/config",
      "infra/systems",
    ],
  },
  // What it may know is below: a rule of ops/house/rules.ts keeps it to what is pure there.
  { name: "policy", duty: "the guides' checklists, judging a plan", rooms: ["policy"] },
  { name: "product", duty: "the system's own processes", rooms: ["components/app", "components/secrets"] },
  {
    name: "release",
    duty: "how a version comes and goes",
    rooms: [
      "components/proof",
      "components/smoke-test",
      "components/rollout",
      "components/migration",
      "components/offsite",
      "components/backup",
      "components/bake",
      "components/announce",
      "components/probe",
    ],
  },
  { name: "parts", duty: "what stands beside the product", rooms: [nouns] },
  {
    name: "host",
    duty: "containers, files, steps",
    rooms: [
      "components/files",
      "components/volumes",
      "components/certificate",
      "components/container",
      "components/cluster",
      "components/fargate",
      "components/steps",
    ],
  },
  { name: "words", duty: "what options are written with", rooms: ["components/options"] },
  { name: "toolchain", duty: "Node, Pulumi, Docker", rooms: ["toolchain"] },
];

const named = floors.flatMap(({ rooms }) => rooms);

/** The folder that a file belongs to in the picture: a noun's own below components, its parts below infra, else the first. */
export function roomOf(file: string): string {
  const [top = "", folder = "", ...rest] = file.split("/");
  return (top === "components" || top === "infra") && rest.length > 0 ? `${top}/${folder}` : top;
}

/** 0 is the roof; undefined for a folder that stands on no floor. */
export function floorOf(file: string): number | undefined {
  const room = roomOf(file);
  const wanted = !named.includes(room) && room.startsWith("components/") ? nouns : room;
  const found = floors.findIndex(({ rooms }) => rooms.includes(wanted));
  return found < 0 ? undefined : found;
}

/** The floors with the rooms that there are, from the roof down. */
export function furnished(files: readonly string[]): readonly Floor[] {
  const rooms = [...new Set(files.map(roomOf))].sort();
  return floors.map((floor) => ({
    ...floor,
    rooms: floor.rooms.flatMap((room) =>
      room === nouns
        ? rooms.filter((one) => one.startsWith("components/") && !named.includes(one))
        : rooms.filter((one) => one === room),
    ),
  }));
}
