/**
 * Adds to package-lock.json the platform packages that the registry in use did not list, so that `npm ci` works on every platform,
 * and writes the part of it that an installed package needs for its engine to scripts/setup/tfjs-lock.json. Run after `npm install` changed the lock file: node scripts/complete-lock.mjs
 */

import { readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const OS = { android: "android", darwin: "darwin", linux: "linux", win32: "win32" };

for (const [place, entry] of Object.entries(lock.packages)) {
  delete entry.resolved;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] !== undefined || lock.packages[`${place}/${key}`] !== undefined || !/^\d/.test(version))
      continue;
    const parts = name.split("/").at(-1).split("-");
    const os = parts.find((part) => Object.hasOwn(OS, part));
    const cpu = parts.find((part) => ["x64", "arm64", "arm", "riscv64"].includes(part));
    if (os === undefined || cpu === undefined) continue;
    const dev = entry.dev === true ? { dev: true } : {};
    const libc = parts.includes("musl") ? { libc: ["musl"] } : {};
    lock.packages[key] = { version, cpu: [cpu], ...dev, ...libc, optional: true, os: [os] };
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync("package-lock.json", `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
writeFileSync("scripts/setup/tfjs-lock.json", `${JSON.stringify(partFor("@tensorflow/tfjs-node-gpu"), null, 2)}\n`);

/** The lock of a project that depends on this package alone. */
function partFor(name) {
  const { version } = sorted[`node_modules/${name}`];
  const named = { name: "codilens-engine", version: "1.0.0" };
  const places = new Set();
  const visit = (place) => {
    if (places.has(place)) return;
    places.add(place);
    const { dependencies, optionalDependencies } = sorted[place];
    for (const each of Object.keys({ ...dependencies, ...optionalDependencies })) visit(found(each, place));
  };
  visit(`node_modules/${name}`);
  const entries = [...places].sort().map((place) => {
    const { dev, ...entry } = sorted[place];
    return [place, entry];
  });
  const packages = { "": { ...named, dependencies: { [name]: version } }, ...Object.fromEntries(entries) };
  return { ...named, lockfileVersion: 3, requires: true, packages };
}

/** Where Node finds it from there: in the nearest node_modules. */
function found(name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const place = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (sorted[place] !== undefined) return place;
    if (folder === "") throw new Error(`${name}, wanted by ${from}, is not in package-lock.json`);
  }
}
