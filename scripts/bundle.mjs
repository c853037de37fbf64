/**
 * The compiled modules as a few files. Node takes about a millisecond for each module that it loads, and a run is several processes of several
 * hundred modules. All programs and entries are bundled together, so that what two of them share is one module, as it was before.
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
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
];

const LEADS_THERE = /^export \* from "\.[./]*\/bundle\//;
const NAMESPACE = /import \* as tf from "@tensorflow\/tfjs-core";/;
const CANVAS = /import (\{[^}]*\}) from "canvas";/;
const OWN_PLACE = /\bimport\.meta\.url\b/g;

/**
 * Puts the bundle into `dist/bundle`, and in each program's place one line that leads there.
 *
 * @throws where the bundler, which Vite brings, is not installed or does not run; what was compiled is then as it was.
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
    external: (id) => !/^\.|^[/\\]|^[A-Za-z]:/.test(id),
    plugins: [
      { name: "places", resolveId: (id, importer) => setUpModule(id, importer, project), transform: placed(dist) },
    ],
  });
  await made.write({
    dir: out,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    comments: false,
  });
  await made.close();
  writeEngines(out);
  // Last: until here all that was compiled still runs as it is.
  for (const each of PROGRAMS) {
    const up = "../".repeat(each.split("/").length - 1) || "./";
    writeFileSync(join(dist, each), `export * from "${up}bundle/${flat(each)}.js";\n`);
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
      .replace(
        CANVAS,
        (_, names) =>
          `import { createRequire as requireFrom } from "node:module";\nconst ${names.replaceAll(" as ", ": ")} = requireFrom(import.meta.url)("canvas");`,
      );
    return changed === code ? null : { code: changed, map: null };
  };
}

/** `#tfjs` of package.json: a module of Node's there, and any other program's bundler sees the package's own names. */
function writeEngines(out) {
  writeFileSync(join(out, "tfjs.cjs"), 'exports.tf = require("@tensorflow/tfjs-core");\n');
  writeFileSync(join(out, "tfjs.js"), 'export * as tf from "@tensorflow/tfjs-core";\n');
}
