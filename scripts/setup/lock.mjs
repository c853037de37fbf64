/** One set-up at a time: a lock file that carries who holds it; a dead holder is taken over. */

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { say } from "./places.mjs";

/** Runs `body` while holding `file`; waits for a living holder. `body` is told whether it had to wait. */
export async function withLock(file, body, { waitMs = 900_000 } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const begin = Date.now();
  let waited = false;
  while (!take(file)) {
    if (holderLives(file)) {
      if (!waited) say(`another set-up is running (${file}); waiting for it`);
      waited = true;
      if (Date.now() - begin > waitMs)
        throw new Error(`another set-up held ${file} for ${waitMs / 1000} s; remove it if no other set-up runs`);
    }
    await new Promise((done) => setTimeout(done, 50 + 100 * Math.random()));
  }
  try {
    return await body({ waited });
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }));
  try {
    // A link appears with its content, so nobody ever reads a lock that is still empty.
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") return takeWithoutLinks(file, own);
    if (!holderLives(file)) removeDead(file);
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

// Some file systems have no hard links.
function takeWithoutLinks(file, own) {
  try {
    writeFileSync(file, readFileSync(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

// Two waiters may both see the dead holder: only what is still the dead one's, once moved aside, is thrown away.
function removeDead(file) {
  const aside = `${file}.dead-${process.pid}`;
  try {
    renameSync(file, aside);
    if (holderLives(aside)) linkSync(aside, file);
  } catch {
    // Another waiter was quicker.
  }
  rmSync(aside, { force: true });
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
