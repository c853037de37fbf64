/**
 * The compiled modules as a few files. Node takes about a millisecond for each module that it loads, and a run is several processes of several
 * hundred modules. All programs and entries are bundled together, so that what two of them share is one module, as it was before.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** What is imported from outside, or run as a process or thread of its own; below dist. */
export const PROGRAMS = [
  "index.js",
  "analysis.js",
  "statistics.js",
  "studies.js",
  "browser.js",
  "cli/main.js",
  "experiments/work/compute-child.js",
  "experiments/work/orphan-watch.js",
  "analysis/lanes/thread.js",
  "analysis/lanes/beside-thread.js",
];

const LEADS_THERE = /^export \* from "\.[./]*\/bundle\//;
/** Draws, out of about three hundred modules, which nobody but the drawing thread has anything to do with. Every other package stays outside. */
const WITHIN = new Set(["vega", "vega-lite"]);

const NAMESPACE = /import \* as tf from "@tensorflow\/tfjs-core";/;
const CANVAS = /import (\{[^}]*\}) from "canvas";/;
const CANVAS_LATER = /await import\('canvas'\)/;
const OF_A_PACKAGE = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;
const REQUIRE = 'import { createRequire as requireFrom } from "node:module";';
const OWN_PLACE = /\bimport\.meta\.url\b/g;

/**
 * Puts the bundle into `dist/bundle`. What was compiled runs as it did, until it is led there.
 *
 * @throws where the bundler, which Vite brings, is not installed or does not run.
 */
export async function bundle(project) {
  const dist = join(project, "dist");
  const out = join(dist, "bundle");
  const { rolldown } = await import(bundlerOf(project));
  rmSync(out, { recursive: true, force: true });
  const made = await rolldown({
    cwd: project,
    input: Object.fromEntries(PROGRAMS.map((each) => [flat(each), join(dist, each)])),
    platform: "node",
    external: isOutside,
    plugins: [
      { name: "places", resolveId: (id, importer) => setUpModule(id, importer, project), transform: placed(dist) },
    ],
  });
  const { output } = await made.write({
    dir: out,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    comments: false,
  });
  await made.close();
  writeEngines(out);
  writeFileSync(join(out, "LICENSES.txt"), licences(output.flatMap(({ moduleIds = [] }) => moduleIds)));
}

/** Puts in each program's place one line that leads to the bundle. The modules beside are left, for whoever imports one of them by its path. */
export function leadToBundle(project) {
  for (const each of PROGRAMS) {
    const up = "../".repeat(each.split("/").length - 1) || "./";
    writeFileSync(join(project, "dist", each), `export * from "${up}bundle/${flat(each)}.js";\n`);
  }
}

/** Does each program lead to the bundle? Compiling by hand puts the modules themselves back. */
export function isBundled(project) {
  return PROGRAMS.every((each) => LEADS_THERE.test(readFileSync(join(project, "dist", each), "utf8")));
}

function bundlerOf(project) {
  const vite = createRequire(join(project, "package.json")).resolve("vite/package.json");
  return pathToFileURL(createRequire(vite).resolve("rolldown")).href;
}

function isOutside(id, importer) {
  if (/^\.|^[/\\]|^[A-Za-z]:/.test(id)) return false;
  if (id === "canvas" || isBuiltin(id)) return true;
  return !(WITHIN.has(id) || OF_A_PACKAGE.test(importer ?? ""));
}

/** The licences of the packages within, as each of them asks for. */
function licences(modules) {
  const folders = new Set(modules.flatMap((each) => OF_A_PACKAGE.exec(each)?.[1] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`${name} has no licence to be packed with it`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/** All files of the bundle lie side by side, whatever folder a program is in. */
function flat(program) {
  return program.replace(/\.js$/, "").replaceAll("/", "-");
}

function posix(path) {
  return path.split(sep).join("/");
}

/** The set-up's modules stay what they are, beside `dist`. */
function setUpModule(id, importer, project) {
  if (importer === undefined || !/^\.[./]*\/scripts\/setup\//.test(id)) return null;
  return { id: `../../${posix(relative(project, resolve(dirname(importer), id)))}`, external: true };
}

/** A module finds fonts, weights and programs from where it was compiled to, and CommonJS is required: Node would read all of it for names first. */
function placed(dist) {
  return (code, id) => {
    const here = `new URL(${JSON.stringify(`../${posix(relative(dist, id))}`)}, import.meta.url).href`;
    const changed = code
      .replace(OWN_PLACE, () => here)
      .replace(NAMESPACE, () => 'import { tf } from "#tfjs";')
      .replace(CANVAS, (_, names) => `${REQUIRE}\nconst ${names} = requireFrom(import.meta.url)("canvas");`)
      .replace(CANVAS_LATER, () => 'requireFrom(import.meta.url)("canvas")');
    const isLater = CANVAS_LATER.test(code);
    return changed === code ? null : { code: isLater ? `${REQUIRE}\n${changed}` : changed, map: null };
  };
}

/** `#tfjs` of package.json: a module of Node's there, and any other program's bundler sees the package's own names. */
function writeEngines(out) {
  writeFileSync(join(out, "tfjs.cjs"), 'exports.tf = require("@tensorflow/tfjs-core");\n');
  writeFileSync(join(out, "tfjs.js"), 'export * as tf from "@tensorflow/tfjs-core";\n');
}
