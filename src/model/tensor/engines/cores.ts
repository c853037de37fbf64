/** How many cores this process may compute on. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** Reads one of the kernel's files; null where it has none of that name. */
export type ReadText = (path: string) => string | null;

/**
 * Physical cores that this process may use: of those that it is bound to, each counted once whatever number of threads it runs, and no more
 * than its control groups give it time for. At least 1.
 */
export function usableCores(read: ReadText = readText): number {
  const allowed = allowedProcessors(read);
  const cores = (allowed === null ? null : physicalCores(allowed, read)) ?? availableParallelism();
  return Math.max(1, Math.min(cores, Math.floor(groupQuota(read))));
}

/** Numbers of the logical processors that the process is bound to. */
function allowedProcessors(read: ReadText): number[] | null {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(read("/proc/self/status") ?? "")?.[1];
  if (list === undefined) return null;
  return list.split(",").flatMap((stretch) => {
    const [first = 0, last = first] = stretch.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Two logical processors of one core have the same list of siblings. Null where the kernel does not say. */
function physicalCores(allowed: readonly number[], read: ReadText): number | null {
  const siblings = allowed.map((cpu) => {
    const folder = `/sys/devices/system/cpu/cpu${cpu}/topology`;
    return read(join(folder, "core_cpus_list")) ?? read(join(folder, "thread_siblings_list"));
  });
  if (siblings.every((each) => each !== null)) return new Set(siblings).size;
  return coresOfTable(allowed, read("/proc/cpuinfo") ?? "");
}

/** Some containers hide `/sys`. */
function coresOfTable(allowed: readonly number[], table: string): number | null {
  const places = table.split(/\n\s*\n/).flatMap((block) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}\\s*: (\\d+)$`, "m").exec(block)?.[1];
    const [cpu, socket, core] = [field("processor"), field("physical id"), field("core id")];
    if (cpu === undefined || socket === undefined || core === undefined) return [];
    return allowed.includes(Number(cpu)) ? [`${socket} ${core}`] : [];
  });
  return places.length === allowed.length ? new Set(places).size : null;
}

/** Processors' worth of time that the strictest control group allows. */
function groupQuota(read: ReadText): number {
  const groups = (read("/proc/self/cgroup") ?? "").split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    // Version 2 names no controller.
    if (controllers === "") return [{ root: "/sys/fs/cgroup", path, isNew: true }];
    return controllers.split(",").includes("cpu") ? [{ root: "/sys/fs/cgroup/cpu", path, isNew: false }] : [];
  });
  const quotas = groups.flatMap(({ root, path, isNew }) =>
    upwards(path).map((each) => quotaOf(join(root, each), { read, isNew })),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...quotas);
}

/** `/a/b` → `/a/b`, `/a`, `/`. In a container the last one is its own. */
function upwards(path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  return Array.from(
    { length: parts.length + 1 },
    (_, dropped) => `/${parts.slice(0, parts.length - dropped).join("/")}`,
  );
}

function quotaOf(group: string, { read, isNew }: { readonly read: ReadText; readonly isNew: boolean }): number {
  const [quota, period] = isNew
    ? (read(join(group, "cpu.max")) ?? "").trim().split(/\s+/)
    : [read(join(group, "cpu.cfs_quota_us")), read(join(group, "cpu.cfs_period_us"))].map((text) => text?.trim());
  const share = Number(quota) / Number(period);
  return Number.isFinite(share) && share > 0 ? share : Number.POSITIVE_INFINITY;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
