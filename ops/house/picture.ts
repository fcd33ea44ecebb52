import { type Floor, furnished, roomOf } from "./floors.ts";
import type { SourceFile } from "./read.ts";

const cell = 21;
const left = 330;
const top = 118;
const foot = 34;

/** One folder of the picture; `at` counts from the roof. */
interface Room {
  readonly name: string;
  readonly at: number;
}

/**
 * Who imports whom, as an SVG: a row and a column for each folder, from the roof down; a mark counts the imports of the row's files from
 * the column's. Outside the frames all are right of the diagonal: what is above knows what is below. Folders of one floor, framed, may know each other.
 */
export function drawHouse(files: readonly SourceFile[]): string {
  const floors = furnished(files.map(({ path }) => path));
  const rooms = floors.flatMap((floor) => floor.rooms).map((name, at) => ({ name, at }));
  const counts = countImports(files);
  const size = rooms.length * cell;
  const [width, height] = [left + size + 36, top + size + foot];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Slipway's folders and who imports whom">`,
    style,
    `<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...floors.flatMap((floor) => drawFloor(floor, rooms, size)),
    ...rooms.flatMap((room) => drawRoom(room, size)),
    ...rooms.flatMap((row) =>
      rooms.flatMap((column) => drawMark(row, column, counts.get(`${row.name} ${column.name}`))),
    ),
    ...legend(size),
    "</svg>",
    "",
  ].join("\n");
}

/** Imports between files of different folders, by `row column`. */
function countImports(files: readonly SourceFile[]): ReadonlyMap<string, number> {
  const known = new Set(files.map(({ path }) => path));
  const counts = new Map<string, number>();
  for (const { path, imports } of files) {
    for (const other of imports.filter((name) => known.has(name) && roomOf(name) !== roomOf(path))) {
      const key = `${roomOf(path)} ${roomOf(other)}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function drawFloor({ name, duty, rooms }: Floor, all: readonly Room[], size: number): readonly string[] {
  const first = all.findIndex((room) => room.name === rooms[0]);
  const [from, long] = [first * cell, rooms.length * cell];
  const y = top + from;
  // A floor of one row has room for one line.
  const words =
    rooms.length === 1
      ? [`<text class="floor" x="14" y="${y + 15}">${name}<tspan class="duty" dx="8">${duty}</tspan></text>`]
      : [
          `<text class="floor" x="14" y="${y + 16}">${name}</text>`,
          `<text class="duty" x="14" y="${y + 32}">${duty}</text>`,
        ];
  return [
    `<line class="rule" x1="10" y1="${y}" x2="${left + size}" y2="${y}"/>`,
    ...words,
    `<rect class="frame" x="${left + from}" y="${y}" width="${long}" height="${long}"/>`,
  ];
}

function drawRoom({ name, at }: Room, size: number): readonly string[] {
  const middle = at * cell + cell / 2;
  const word = name.replace("components/", "");
  return [
    `<text class="room" x="${left - 8}" y="${top + middle + 4}" text-anchor="end">${word}</text>`,
    `<text class="room" transform="translate(${left + middle + 4} ${top - 7}) rotate(-60)">${word}</text>`,
    `<line class="grid" x1="${left}" y1="${top + middle}" x2="${left + size}" y2="${top + middle}"/>`,
    `<line class="grid" x1="${left + middle}" y1="${top}" x2="${left + middle}" y2="${top + size}"/>`,
    `<rect class="self" x="${left + at * cell + 3}" y="${top + at * cell + 3}" width="${cell - 6}" height="${cell - 6}" rx="3"/>`,
  ];
}

function drawMark(row: Room, column: Room, count: number | undefined): readonly string[] {
  if (count === undefined) return [];
  const [x, y] = [left + column.at * cell, top + row.at * cell];
  const weight = count >= 10 ? "much" : count >= 3 ? "some" : "few";
  return [
    `<rect class="${weight}" x="${x + 2}" y="${y + 2}" width="${cell - 4}" height="${cell - 4}" rx="3"><title>${row.name} imports ${column.name}: ${count}</title></rect>`,
    `<text class="count ${weight}-count" x="${x + cell / 2}" y="${y + cell / 2 + 3.5}">${count}</text>`,
  ];
}

/** In the corner that stays empty because nothing looks up. */
function legend(size: number): readonly string[] {
  const lines = [
    "Read a row: its folder imports the folders under which a number stands,",
    "as often as the number says. Outside the grey frames every number is",
    "right of the diagonal: what is above knows what is below, never the other",
    "way round. Folders in one frame may know each other; files never in a circle.",
  ];
  const y = top + size - 62;
  const behind = `<rect class="blank" x="${left + 4}" y="${y - 16}" width="478" height="76"/>`;
  return [
    behind,
    ...lines.map((line, at) => `<text class="legend" x="${left + 10}" y="${y + at * 17}">${line}</text>`),
  ];
}

const style = `<style>
  text { font: 12px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .paper { fill: #ffffff; stroke: #d1d9e0 }
  .blank { fill: #ffffff }
  .floor { font-weight: 600; font-size: 13px }
  .duty { font-weight: 400; font-size: 11px; fill: #59636e }
  .legend { fill: #59636e }
  .count { font-size: 10px; text-anchor: middle }
  .rule { stroke: #d1d9e0 }
  .grid { stroke: #eff2f5 }
  .frame { fill: #818b98; fill-opacity: 0.12; stroke: #818b98 }
  .self { fill: #818b98 }
  .few { fill: #c8e1ff }
  .some { fill: #79b8ff }
  .much { fill: #0969da }
  .much-count { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .paper { fill: #0d1117; stroke: #3d444d }
    .blank { fill: #0d1117 }
    .duty, .legend { fill: #9198a1 }
    .rule { stroke: #3d444d }
    .grid { stroke: #1c2128 }
    .few { fill: #12315c }
    .some { fill: #1f5fae }
    .much { fill: #58a6ff }
    .much-count { fill: #0d1117 }
  }
</style>`;
