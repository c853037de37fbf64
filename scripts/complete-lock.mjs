/**
 * Adds to package-lock.json the platform packages that the registry in use did not list, so that `npm ci` works on every platform.
 * Run after `npm install` changed the lock file: node scripts/complete-lock.mjs
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
