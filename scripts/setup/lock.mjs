/** One set-up at a time: a lock file that carries who holds it; a dead holder is taken over. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { say } from "./places.mjs";

/** Runs `body` while holding `file`; waits for a living holder. */
export async function withLock(file, body, { waitMs = 900_000 } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const begin = Date.now();
  let told = false;
  while (!take(file)) {
    if (!told) say(`another set-up is running (${file}); waiting for it`);
    told = true;
    if (Date.now() - begin > waitMs)
      throw new Error(`another set-up held ${file} for ${waitMs / 1000} s; remove it if no other set-up runs`);
    await new Promise((done) => setTimeout(done, 200));
  }
  try {
    return await body();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!holderLives(file)) rmSync(file, { force: true });
    return false;
  }
}

function holderLives(file) {
  try {
    const { pid, start } = JSON.parse(readFileSync(file, "utf8"));
    process.kill(pid, 0);
    return startOf(pid) === start;
  } catch (error) {
    return error.code === "EPERM";
  }
}

// A pid may be given to another process; its start time tells them apart (Linux).
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[19];
  } catch {
    return null;
  }
}
