/**
 * Looks over a reader's shoulder: while it works, every call of Node's functions for files, processes, threads, sockets and modules is
 * noted. Must be imported before the reader, so that the reader's own imports of them are the watched ones.
 */

import { createRequire, syncBuiltinESMExports } from "node:module";

const require = createRequire(import.meta.url);
const MODULES =
  "fs fs/promises child_process worker_threads module net http https dgram dns vm cluster tls http2".split(" ");
// Node's own streams and timers ask for these at any time, without a file or a process.
const HARMLESS = new Set(["module.syncBuiltinESMExports", "module.isBuiltin", "worker_threads.getEnvironmentData"]);

let armed = false;
const seen: string[] = [];
let installed = false;

/** Puts a listener in front of every function of those modules, once. */
export function install(): void {
  if (installed) return;
  installed = true;
  for (const module of MODULES) watch(require(`node:${module}`) as Record<string, unknown>, module);
  const own = process as unknown as Record<string, unknown>;
  for (const key of ["dlopen", "binding", "kill", "chdir", "setuid", "getBuiltinModule"]) watchOne(own, key, "process");
  const all = globalThis as unknown as Record<string, unknown>;
  for (const key of ["eval", "fetch", "WebSocket", "Function"]) watchOne(all, key, "global");
  syncBuiltinESMExports();
}

function watch(target: Record<string, unknown>, module: string): void {
  for (const key of Object.keys(target))
    if (!HARMLESS.has(`${module}.${key}`) && !/^[A-Z_0-9]+$/.test(key)) watchOne(target, key, module);
}

function watchOne(target: Record<string, unknown>, key: string, where: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  if (descriptor?.writable !== true) return;
  const own = target[key];
  if (typeof own !== "function") return;
  target[key] = new Proxy(own as (...args: unknown[]) => unknown, {
    apply(callee, self, args) {
      note(`${where}.${key}`, args);
      return Reflect.apply(callee, self, args) as unknown;
    },
    construct(callee, args, self) {
      note(`new ${where}.${key}`, args);
      return Reflect.construct(callee, args, self) as object;
    },
  });
}

function note(what: string, args: readonly unknown[]): void {
  if (armed) seen.push(`${what}(${String(args[0]).slice(0, 80)})`);
}

/** Runs the work and says which watched functions were called during it. */
export async function watched<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly touched: readonly string[] }> {
  install();
  seen.length = 0;
  armed = true;
  try {
    const value = await work();
    return { value, touched: [...seen] };
  } finally {
    armed = false;
  }
}
