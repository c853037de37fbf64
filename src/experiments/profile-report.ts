/** A profile as a table for reading, and as a Chrome trace for looking (chrome://tracing, Perfetto). */

import { join } from "node:path";
import { putFile } from "../disk/atomic-file.js";
import type { OpCall, Profile } from "../model/tensor/profile.js";

/** Names of the two files in the run's folder. */
export const PROFILE_FILES = ["profile.txt", "profile.trace.json"] as const;

/** Writes both files. @returns the table's lines. @throws EnvironmentError when the disk is full. */
export function writeProfile(dir: string, profile: Profile): string[] {
  const lines = profileTable(profile);
  putFile(join(dir, PROFILE_FILES[0]), `${lines.join("\n")}\n`);
  putFile(join(dir, PROFILE_FILES[1]), chromeTrace(profile));
  return lines;
}

/** Time by kind of op and by stage, the largest first. */
export function profileTable({ calls, left, milliseconds, peakFlops }: Profile): string[] {
  const inOps = calls.reduce((sum, call) => sum + call.milliseconds, 0);
  const row = (name: string, group: readonly OpCall[]): string => {
    const time = group.reduce((sum, call) => sum + call.milliseconds, 0);
    const flops = group.reduce((sum, call) => sum + call.flops, 0);
    const rate = flops === 0 || time === 0 ? 0 : (1000 * flops) / time;
    return [
      name.padEnd(18),
      String(group.length).padStart(9),
      (time / 1000).toFixed(3).padStart(9),
      percent(time / milliseconds).padStart(7),
      ((1000 * time) / Math.max(1, group.length)).toFixed(1).padStart(9),
      (rate === 0 ? "" : (rate / 1e9).toFixed(1)).padStart(9),
      (rate === 0 ? "" : percent(rate / peakFlops)).padStart(8),
    ].join(" ");
  };
  const head = (what: string): string =>
    [what.padEnd(18), "    calls", "        s", "  share", "  µs each", "  GFLOP/s", " of peak"].join(" ");
  const table = (what: string, key: (call: OpCall) => string): string[] => {
    const byKey = new Map<string, OpCall[]>();
    for (const call of calls) {
      const group = byKey.get(key(call));
      if (group === undefined) byKey.set(key(call), [call]);
      else group.push(call);
    }
    const groups = [...byKey].map(([name, group]) => ({ name, group }));
    const time = (group: readonly OpCall[]): number => group.reduce((sum, call) => sum + call.milliseconds, 0);
    groups.sort((a, b) => time(b.group) - time(a.group));
    return [head(what), ...groups.map(({ name, group }) => row(name, group))];
  };
  return [
    `${(milliseconds / 1000).toFixed(2)} s; the engine's ops ${percent(inOps / milliseconds)} of it, the rest is JavaScript, reading back and waiting`,
    `peak: ${(peakFlops / 1e9).toFixed(0)} GFLOP/s (products of 1024 × 1024 matrices, just before the run)`,
    ...(left === 0 ? [] : [`${left} later calls are not in the tables`]),
    "",
    ...table("op", ({ op }) => op),
    "",
    ...table("stage", ({ stage }) => stage),
  ];
}

/** Trace Event Format: one complete event an op, in microseconds, and above them one a stretch of a stage. */
function chromeTrace({ calls, peakFlops }: Profile): string {
  const complete = (
    name: string,
    {
      tid,
      start,
      milliseconds,
      args,
    }: { readonly tid: number; readonly start: number; readonly milliseconds: number; readonly args: object },
  ): object => ({
    name,
    ph: "X",
    pid: 1,
    tid,
    ts: Math.round(1000 * start * 10) / 10,
    dur: Math.round(1000 * milliseconds * 10) / 10,
    args,
  });
  const stages: object[] = [];
  let first = 0;
  for (let i = 1; i <= calls.length; i++) {
    const [begin, end] = [calls[first], calls[i - 1]];
    if (begin === undefined || end === undefined || calls[i]?.stage === begin.stage) continue;
    stages.push(
      complete(begin.stage, {
        tid: 0,
        start: begin.start,
        milliseconds: end.start + end.milliseconds - begin.start,
        args: {},
      }),
    );
    first = i;
  }
  const events = [
    { name: "thread_name", ph: "M", pid: 1, tid: 0, args: { name: "stages" } },
    { name: "thread_name", ph: "M", pid: 1, tid: 1, args: { name: "ops" } },
    ...stages,
    ...calls.map((call) =>
      complete(call.op, {
        tid: 1,
        start: call.start,
        milliseconds: call.milliseconds,
        args: call.flops === 0 ? {} : { flops: call.flops },
      }),
    ),
  ];
  return `{"otherData":{"peakFlops":${peakFlops}},"traceEvents":[\n${events.map((event) => JSON.stringify(event)).join(",\n")}\n]}\n`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
