/** How many cores a process may use, by the kernel's own files. */
// @needs nothing

import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { usableCores } from "../../../src/model/tensor/engines/cores.js";

/** A machine of four cores with two threads each, numbered as Linux numbers them. */
const SIBLINGS: Record<string, string> = Object.fromEntries(
  Array.from({ length: 8 }, (_, cpu) => [
    `/sys/devices/system/cpu/cpu${cpu}/topology/core_cpus_list`,
    `${cpu % 4},${(cpu % 4) + 4}\n`,
  ]),
);
const allowed = (list: string): Record<string, string> => ({
  "/proc/self/status": `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`,
});
const coresOf = (...files: Record<string, string>[]): number => {
  const all: Record<string, string> = Object.assign({}, ...files);
  return usableCores((path) => all[path] ?? null);
};

test("threads of one core count once", () => {
  expect(coresOf(allowed("0-7"), SIBLINGS)).toBe(4);
  const old = Object.fromEntries(
    Object.entries(SIBLINGS).map(([path, list]) => [path.replace("core_cpus_list", "thread_siblings_list"), list]),
  );
  expect(coresOf(allowed("0-7"), old)).toBe(4);
});

test("only the cores that the process is bound to count, as a scheduler binds it", () => {
  expect(coresOf(allowed("0,4"), SIBLINGS)).toBe(1);
  expect(coresOf(allowed("0-1,6"), SIBLINGS)).toBe(3);
});

test("where /sys is hidden the table of processors says it, and where that is silent too, Node does", () => {
  const processor = (cpu: number, core: number): string =>
    `processor\t: ${cpu}\nmodel name\t: some\nphysical id\t: 0\ncore id\t\t: ${core}\n`;
  const table = { "/proc/cpuinfo": [0, 1, 2, 3].map((cpu) => processor(cpu, cpu % 2)).join("\n") };
  expect(coresOf(allowed("0-3"), table)).toBe(2);
  expect(coresOf(allowed("0-3"), { "/proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 50.00\n" })).toBe(
    availableParallelism(),
  );
  expect(coresOf()).toBe(availableParallelism());
});

test("a container's quota bounds them, the strictest of all groups above the process's own", () => {
  const second = { "/proc/self/cgroup": "0::/pods/a/b\n" };
  const quota = (group: string, text: string): Record<string, string> => ({ [`/sys/fs/cgroup${group}cpu.max`]: text });
  const machine = { ...allowed("0-7"), ...SIBLINGS };
  expect(coresOf(machine, second, quota("/pods/a/b/", "max 100000\n"))).toBe(4);
  expect(coresOf(machine, second, quota("/pods/a/b/", "350000 100000\n"))).toBe(3);
  expect(coresOf(machine, second, quota("/pods/a/b/", "max 100000\n"), quota("/pods/", "200000 100000\n"))).toBe(2);
  // Less than one processor's time is still one worker.
  expect(coresOf(machine, { "/proc/self/cgroup": "0::/\n" }, quota("/", "50000 100000\n"))).toBe(1);
  const first = {
    "/proc/self/cgroup": "5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  };
  expect(coresOf(machine, first)).toBe(2);
  expect(coresOf(machine, { ...first, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n" })).toBe(4);
});

test("on this machine there is at least one, and no more than Node counts processors", () => {
  expect(usableCores()).toBeGreaterThanOrEqual(1);
  expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
});
