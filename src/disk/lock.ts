/** One run per folder: a lock file that says who holds it. A dead holder on this machine is taken over; no timers. */

import { createHash, randomBytes } from "node:crypto";
import { linkSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { RunFolderError } from "../base/errors.js";
import { diskError, putFile } from "./atomic-file.js";

const holderSchema = z.object({
  pid: z.int().positive(),
  /** Start time of the process, so that a reused pid is not taken for the holder; null where unknown. */
  processStart: z.string().nullable(),
  bootId: z.string().nullable(),
  /** Containers may share host name and boot but not process ids; null where unknown. */
  pidNamespace: z.string().nullable().default(null),
  host: z.string(),
  since: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * Takes the folder for this process.
 *
 * @returns a function that lets go, and leaves a lock alone that somebody else took over meanwhile.
 * @throws RunFolderError naming pid, host and since when somebody else runs here; EnvironmentError when the lock cannot
 *   be written.
 */
export function lockFolder(dir: string, takeOver: boolean): () => void {
  const path = join(dir, "lock");
  const me = thisProcess();
  // The nonce makes every lock's text its own, so that a text seen twice is the same lock.
  const nonce = randomBytes(8).toString("hex");
  const text = JSON.stringify({ ...me, nonce });
  acquire(path, { dir, me, text, nonce, takeOver });
  return () => {
    if (readOrNull(() => readFileSync(path, "utf8")) === text) rmSync(path, { force: true });
  };
}

/** Who holds a folder, in words; null where nobody is known to. On another machine it may be dead. */
export function holderOf(dir: string): string | null {
  const holder = readOrNull(() => holderSchema.parse(JSON.parse(readFileSync(join(dir, "lock"), "utf8"))));
  return holder === null || !isAlive(holder, thisProcess()) ? null : inWords(holder);
}

function inWords({ pid, host, since }: Holder): string {
  return `process ${pid} on ${host} since ${since}`;
}

function thisProcess(): Holder {
  return {
    pid: process.pid,
    processStart: processStat(process.pid)?.start ?? null,
    bootId: readOrNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: readOrNull(() => readlinkSync("/proc/self/ns/pid")),
    host: hostname(),
    since: new Date().toISOString(),
  };
}

interface Attempt {
  readonly dir: string;
  readonly me: Holder;
  readonly text: string;
  readonly nonce: string;
  readonly takeOver: boolean;
}

/**
 * Creates the lock, or replaces a dead one. Only who holds the guard named after a dead lock's text may replace that
 * lock, so that two runs that find the same dead lock never both get it; a guard is a lock of the same kind.
 */
function acquire(path: string, attempt: Attempt): void {
  for (;;) {
    if (createWhole(path, attempt)) return;
    const found = readLock(path);
    if (found === null) continue;
    refuseLiving(path, found, attempt);
    const guard = `${path}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`;
    // Guards last for microseconds, so a living one is never taken over.
    acquire(guard, { ...attempt, takeOver: false });
    try {
      if (readLock(path) !== found) continue;
      putFile(path, attempt.text);
      return;
    } finally {
      rmSync(guard, { force: true });
    }
  }
}

/** Creates a file with its content in one step, so that nobody reads half a lock. @returns false when it is there. */
function createWhole(path: string, { text, nonce }: Attempt): boolean {
  const temporary = `${path}.${nonce}.${process.pid}.tmp`;
  try {
    putFile(temporary, text);
    try {
      linkSync(temporary, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return false;
      // A file system without hard links; a reader who sees this lock half written refuses it.
      if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS" && code !== "EOPNOTSUPP") throw error;
      writeFileSync(path, text, { flag: "wx" });
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw diskError(path, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** @returns the lock's text, or null when it has just gone. */
function readLock(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw diskError(path, error);
  }
}

function refuseLiving(path: string, text: string, { dir, me, takeOver }: Attempt): void {
  if (takeOver) return;
  const holder = readOrNull(() => holderSchema.parse(JSON.parse(text)));
  if (holder === null)
    throw new RunFolderError(`${path} does not say who holds it`, "if no run is using the folder, pass --take-over");
  if (!isAlive(holder, me)) return;
  const here = isHere(holder, me);
  throw new RunFolderError(
    `${dir} is in use by ${inWords(holder)}`,
    here ? "wait for it, or choose another --out" : "if that run is dead, pass --take-over",
  );
}

/** Whether the holder's pid means the same process here as there. */
function isHere(holder: Holder, me: Holder): boolean {
  const sameNamespace = holder.pidNamespace === me.pidNamespace || holder.pidNamespace === null;
  return holder.host === me.host && (holder.bootId !== me.bootId || sameNamespace);
}

function isAlive(holder: Holder, me: Holder): boolean {
  if (!isHere(holder, me)) return true;
  if (holder.bootId !== me.bootId) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = processStat(holder.pid);
  // Other users' processes may be hidden: one that exists and cannot be looked at counts as the holder.
  if (now === null || holder.processStart === null) return true;
  // A killed run that its parent has not collected (Z) still has its pid, and holds nothing.
  return now.start === holder.processStart && now.state !== "Z" && now.state !== "X";
}

function processStat(pid: number): { state: string; start: string } | null {
  return readOrNull(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, start] = [fields[0], fields[19]];
    return state === undefined || start === undefined ? null : { state, start };
  });
}

function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
