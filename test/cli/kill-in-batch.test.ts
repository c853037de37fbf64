/** A run whose batch is all there is, killed within it: what was finished is kept, and the bytes in the end are an undisturbed run's. */
// @needs build, time

import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linesOf } from "../support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "../support/records-alone.js";
import { temporaryFolder } from "../support/temporary.js";

const home = temporaryFolder("codilens-kill-");
const PROBLEMS = 3;
const command = (out: string): string[] => [
  ...["scripts/codilens.mjs", "experiment", "--problems", `${PROBLEMS}`, "--study", "budget,token-ablation"],
  ...["--layers", "4", "--no-controls", "--no-progress", "--workers", "1", ...RECORDS_ALONE, "--out", out],
];
const recordsOf = (out: string): string[] => linesOf(shardIn(out));

/** Kills a run by SIGKILL as soon as it keeps more than it found. @returns how many records it left. */
async function killedAfterMore(out: string): Promise<number> {
  const before = recordsOf(out).length;
  const child = spawn(process.execPath, command(out), { stdio: "ignore" });
  const gone = new Promise((done) => child.once("close", done));
  while (recordsOf(out).length <= before) await new Promise((wait) => setTimeout(wait, 5));
  child.kill("SIGKILL");
  await gone;
  return recordsOf(out).length;
}

test("each kill keeps all parts that were finished, and only those are computed once more that were not", async () => {
  const [calm, shaken] = [join(home, "calm"), join(home, "shaken")];
  const undisturbed = spawnSync(process.execPath, command(calm), { encoding: "utf8" });
  expect([undisturbed.status, undisturbed.status === 0 ? "" : undisturbed.stderr]).toEqual([0, ""]);
  const whole = recordsOf(calm);
  // Baseline and six ablations with what hides latents; two further numbers of latents; what is drawn from each question.
  expect(whole.length).toBe(PROBLEMS * (7 + 6 + 2 + 6));
  const kept: number[] = [];
  for (let kill = 0; kill < 3; kill++) kept.push(await killedAfterMore(shaken));
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
  expect(kept[0]).toBeGreaterThanOrEqual(PROBLEMS * (7 + 6));
  expect(kept.at(-1)).toBeLessThan(whole.length);
  const resumed = spawnSync(process.execPath, [...command(shaken), "--json"], { encoding: "utf8" });
  const { counts } = JSON.parse(resumed.stdout) as { counts: { resumed: number; computed: number } };
  expect(counts).toMatchObject({ resumed: kept.at(-1), computed: whole.length - (kept.at(-1) ?? 0) });
  expect(recordsOf(shaken)).toEqual(whole);
}, 480_000);
