/** Workers that start while the run is planned: whatever becomes of the command, none of them stays. */
// @needs build, time

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

/** What an orphan may take to end: on a busy machine a process needs a while before it hears of anything. */
const MOST_MS = 5000;
const home = temporaryFolder("codilens-early-");

/** So many items that a second worker is begun before the plan is there. */
function start(out: string, ...more: string[]): ChildProcess {
  const args = [
    "experiment",
    "--layers",
    "4",
    "--workers",
    "2",
    "--no-control-model",
    "--no-progress",
    "--out",
    out,
    ...more,
  ];
  return spawn(process.execPath, ["scripts/codilens.mjs", ...args], { stdio: "ignore" });
}

/** Every process that it ever had, until it ends or `stop` says that these are enough. */
async function workersOf(
  { pid }: ChildProcess,
  stop: (seen: ReadonlySet<number>) => boolean = () => false,
): Promise<Set<number>> {
  const seen = new Set<number>();
  const children = `/proc/${pid}/task/${pid}/children`;
  while (existsSync(children) && !stop(seen)) {
    for (const word of textOf(children).trim().split(" ").filter(Boolean)) seen.add(Number(word));
    await new Promise((wait) => setTimeout(wait, 2));
  }
  return seen;
}

/** Empty where the process has just ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const isThere = (pid: number): boolean => /^State:\s+[^ZX]/m.test(textOf(`/proc/${pid}/status`));
const left = (seen: ReadonlySet<number>): number[] => [...seen].filter(isThere);

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once("close", done));
}

test.each([1, 2])("SIGKILL of the command when %i of them were begun", async (many) => {
  const child = start(join(home, `killed-${many}`));
  const gone = ended(child);
  const seen = await workersOf(child, ({ size }) => size >= many);
  child.kill("SIGKILL");
  await gone;
  expect([seen.size >= many, existsSync(join(home, `killed-${many}`))]).toEqual([true, false]);
  await expect.poll(() => left(seen), { timeout: MOST_MS }).toEqual([]);
});

test("SIGINT before any of them is asked for work", async () => {
  const child = start(join(home, "stopped"));
  const gone = ended(child);
  const seen = await workersOf(child, ({ size }) => size >= 2);
  child.kill("SIGINT");
  expect([seen.size, await gone]).toEqual([2, 130]);
  await expect.poll(() => left(seen), { timeout: MOST_MS }).toEqual([]);
});

test("a folder that cannot be made ends the command with 5, and all of them", async () => {
  const child = start("/proc/nothing");
  const gone = ended(child);
  const seen = await workersOf(child);
  expect([seen.size, await gone]).toEqual([2, 5]);
  await expect.poll(() => left(seen), { timeout: MOST_MS }).toEqual([]);
});

test("a dry run begins none beside the one that tells the engine", async () => {
  const child = start(join(home, "dry"), "--dry-run");
  const gone = ended(child);
  const seen = await workersOf(child);
  expect([seen.size, await gone]).toEqual([1, 0]);
  await expect.poll(() => left(seen), { timeout: MOST_MS }).toEqual([]);
});
