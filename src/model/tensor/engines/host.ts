/** What the machine leaves to this process. */

import { readFileSync } from "node:fs";
import { freemem, totalmem } from "node:os";

/** Memory that can still be taken, and what bounds it. */
export interface AvailableMemory {
  readonly bytes: number;
  /** In words, for messages. */
  readonly limit: string;
}

/** The smallest of: the machine's available memory, the control group's limit, the process's own limit of address space. */
export function availableMemory(): AvailableMemory {
  return least([sharedMemory(), { bytes: addressSpace(), limit: "this process's limit of address space" }]);
}

/** What several processes have together: the same without what bounds each process by itself. */
export function sharedMemory(): AvailableMemory {
  const forced = process.env["CODILENS_MEMORY_LIMIT_MB"];
  return least([
    { bytes: machineMemory(), limit: "the machine's free memory" },
    { bytes: groupMemory(), limit: "the control group's limit" },
    {
      bytes: forced === undefined || !/^\d+$/.test(forced) ? Number.POSITIVE_INFINITY : Number(forced) * 2 ** 20,
      limit: "CODILENS_MEMORY_LIMIT_MB",
    },
  ]);
}

function least(bounds: readonly AvailableMemory[]): AvailableMemory {
  return bounds.reduce((found, each) => (each.bytes < found.bytes ? each : found));
}

function machineMemory(): number {
  // Node's own figure leaves out what the kernel can take back from its cache.
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(text("/proc/meminfo") ?? "");
  return match === null ? freemem() : Number(match[1]) * 1024;
}

function groupMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  // No limit is reported as 0 or as a number beyond all memory.
  if (limit <= 0 || limit >= totalmem()) return Number.POSITIVE_INFINITY;
  return Math.max(0, limit - process.memoryUsage.rss());
}

function addressSpace(): number {
  const limit = /^Max address space\s+(\d+)/m.exec(text("/proc/self/limits") ?? "");
  const used = /^VmSize:\s+(\d+) kB/m.exec(text("/proc/self/status") ?? "");
  if (limit === null || used === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, Number(limit[1]) - Number(used[1]) * 1024);
}

function text(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
