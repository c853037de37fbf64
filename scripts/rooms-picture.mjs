/** `npm run docs:picture`: draws docs/figures/rooms.svg, the rooms of `src` and who imports from whom, out of the imports themselves. */

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { importsOf } from "./imports.mjs";
import { ROOMS, roomOf } from "./rooms.mjs";
import { project, say } from "./setup/places.mjs";

const FILE = "docs/figures/rooms.svg";
const CELL = 44;
const LEFT = 424;
const TOP = 128;
const MARGIN = 24;

// Radius of a dot, by the least number of imports that it stands for: coarse, so that the picture changes when the house does.
const SIZES = [
  { least: 1, radius: 4, words: "1 to 9 imports" },
  { least: 10, radius: 8, words: "10 to 49" },
  { least: 50, radius: 13, words: "50 and more" },
];

const STYLE = `
  .page { fill: #ffffff; stroke: #d0d7de; }
  text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; font-size: 15px; }
  .name { font-weight: 600; }
  .small { font-size: 12.5px; fill: #59636e; }
  .line { stroke: #d0d7de; }
  .own { fill: #afb8c1; }
  .import { fill: #0969da; }
  .wrong { fill: #cf222e; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d; }
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .line { stroke: #3d444d; }
    .own { fill: #656c76; }
    .import { fill: #58a6ff; }
    .wrong { fill: #ff7b72; }
  }`;

/** How many imports of a room's files lead to each room: `counts[from][to]`, in the order of ROOMS. */
export function countImports() {
  const counts = ROOMS.map(() => ROOMS.map(() => 0));
  for (const { file, target } of sources().flatMap(importsOf))
    if (target.startsWith("src/")) counts[roomOf(file)][roomOf(target)]++;
  return counts;
}

function sources() {
  return readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((each) => /\.tsx?$/.test(each))
    .map((each) => `src/${each.replaceAll("\\", "/")}`);
}

/** The picture's text. It needs the repository's root as the working directory. */
export function roomsPicture(counts = countImports()) {
  const side = ROOMS.length * CELL;
  const [width, height] = [LEFT + side + 2 * MARGIN + 40, TOP + side + 92];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${titleOf(counts)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    `<text class="small" x="${MARGIN}" y="${TOP - 14}">this room …</text>`,
    `<text class="small" x="${LEFT - 14}" y="${TOP - 14}" text-anchor="end">… imports from</text>`,
    ...ROOMS.flatMap((room, i) => row(room, i, counts[i])),
    `<line class="line" x1="${MARGIN}" x2="${LEFT + side}" y1="${TOP + side}" y2="${TOP + side}"/>`,
    ...legend(TOP + side + 46),
    "</svg>",
    "",
  ].join("\n");
}

function titleOf(counts) {
  const lines = ROOMS.map(({ name }, i) => {
    const from = ROOMS.filter((_, j) => i !== j && counts[i][j] > 0).map((each) => each.name);
    return `${name} imports from ${from.join(", ") || "no other room"}`;
  });
  return `The rooms of src. ${lines.join("; ")}.`;
}

function row({ name, holds }, i, counts) {
  const [x, y] = [LEFT + (i + 0.5) * CELL, TOP + (i + 0.5) * CELL];
  const edge = TOP + i * CELL;
  return [
    `<line class="line" x1="${MARGIN}" x2="${LEFT + ROOMS.length * CELL}" y1="${edge}" y2="${edge}"/>`,
    `<text class="name" transform="translate(${x + 5} ${TOP - 12}) rotate(-50)">${name}</text>`,
    `<text class="name" x="${MARGIN}" y="${y - 3}">${name}</text>`,
    `<text class="small" x="${MARGIN}" y="${y + 14}">${holds}</text>`,
    `<rect class="own" x="${x - 13}" y="${y - 13}" width="26" height="26" rx="5"/>`,
    ...counts.flatMap((count, j) => (i === j || count === 0 ? [] : [dot(count, j, i)])),
  ];
}

function dot(count, column, line) {
  const { radius } = SIZES.findLast(({ least }) => count >= least);
  const [x, y] = [LEFT + (column + 0.5) * CELL, TOP + (line + 0.5) * CELL];
  return `<circle class="${column < line ? "import" : "wrong"}" cx="${x}" cy="${y}" r="${radius}"/>`;
}

function legend(y) {
  const places = SIZES.map((size, i) => ({ ...size, x: MARGIN + 20 + i * 150 }));
  return [
    ...places.flatMap(({ radius, words, x }) => [
      `<circle class="import" cx="${x}" cy="${y}" r="${radius}"/>`,
      `<text class="small" x="${x + 20}" y="${y + 4}">${words}</text>`,
    ]),
    `<rect class="own" x="${MARGIN + 467}" y="${y - 13}" width="26" height="26" rx="5"/>`,
    `<text class="small" x="${MARGIN + 501}" y="${y + 4}">the room itself; nothing stands to the right of it</text>`,
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.chdir(project);
  writeFileSync(join(project, FILE), roomsPicture());
  say(`drawn: ${FILE}`);
}
