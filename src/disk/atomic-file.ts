/** Files that are whole or not there: put by rename, append that is taken back when the disk fills. */

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { EnvironmentError } from "../base/errors.js";
import { openFilesError } from "../base/open-files.js";

/** The calls that can fail; tests pass a set that does. */
export interface FileSystem {
  open(path: string, flags: string): number;
  /** Writes all of it or throws. */
  writeAll(fd: number, data: string | Uint8Array): void;
  sync(fd: number): void;
  dataSync(fd: number): void;
  size(fd: number): number;
  truncate(fd: number, size: number): void;
  close(fd: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
}

/** Node's own calls. `writeFileSync` loops over short writes, `writeSync` would not. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags) => openSync(path, flags),
  writeAll: (fd, data) => writeFileSync(fd, data),
  sync: fsyncSync,
  dataSync: fdatasyncSync,
  size: (fd) => fstatSync(fd).size,
  truncate: ftruncateSync,
  close: closeSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
};

/** Writes a whole file: after it, the old content or the new is there, never a part. @throws EnvironmentError. */
export function putFile(path: string, data: string | Uint8Array, fs: FileSystem = nodeFileSystem): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const fd = fs.open(temporary, "w");
    try {
      fs.writeAll(fd, data);
      fs.sync(fd);
    } finally {
      fs.close(fd);
    }
    fs.rename(temporary, path);
  } catch (error) {
    fs.remove(temporary);
    throw diskError(path, error);
  }
}

const TEMPORARY = /\.(\d+)\.tmp$/;

/** Whether `putFile` gives a file such a name while it writes it. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes what killed runs left half written in a folder, if there is one; others' `.tmp` files, and those of living processes, stay. */
export function sweepTemporaries(dir: string): void {
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(dir, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Appends text to an open file; what was written of it is taken back when that fails. @throws EnvironmentError. */
export function appendText(
  fd: number,
  text: string,
  { path, fs = nodeFileSystem }: { readonly path: string; readonly fs?: FileSystem },
): void {
  const before = fs.size(fd);
  try {
    fs.writeAll(fd, text);
    fs.dataSync(fd);
  } catch (error) {
    try {
      fs.truncate(fd, before);
    } catch {
      // The reader drops an unterminated last line, so nothing is lost if this fails too.
    }
    throw diskError(path, error);
  }
}

/** The error that a failed write is reported as; one of this package stays as it is. */
export function diskError(path: string, error: unknown): EnvironmentError {
  if (error instanceof EnvironmentError) return error;
  const known = openFilesError(error);
  if (known !== null) return known;
  const { code, message } = error as NodeJS.ErrnoException;
  return new EnvironmentError(
    `Cannot write ${path}: ${code ?? message}`,
    "free space or permissions, then run the same command again: it goes on where it stopped",
    { cause: error },
  );
}
