/** One run per folder: a lock file that says who holds it. A dead holder on this machine is taken over; no timers. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { RunFolderError } from "../model/errors.js";

interface Holder {
  readonly pid: number;
  /** Start time of the process, so that a reused pid is not taken for the holder; null where unknown. */
  readonly processStart: string | null;
  readonly bootId: string | null;
  readonly host: string;
  readonly since: string;
}

/** @returns a function that lets go. @throws RunFolderError naming pid, host and since when when somebody else runs here. */
export function lockFolder(dir: string, takeOver: boolean): () => void {
  const path = join(dir, "lock");
  const me: Holder = {
    pid: process.pid,
    processStart: processStart(process.pid),
    bootId: bootId(),
    host: hostname(),
    since: new Date().toISOString(),
  };
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify(me), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(path);
    if (holder !== null && !takeOver && holds(holder, me)) {
      throw new RunFolderError(
        `${dir} is in use by process ${holder.pid} on ${holder.host} since ${holder.since}`,
        holder.host === me.host ? "wait for it, or choose another --out" : "if that run is dead, pass --take-over",
      );
    }
    rmSync(path, { force: true });
  }
}

function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return null;
  }
}

function holds(holder: Holder, me: Holder): boolean {
  if (holder.host !== me.host) return true;
  if (holder.bootId !== me.bootId) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return processStart(holder.pid) === holder.processStart;
}

function processStart(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}
