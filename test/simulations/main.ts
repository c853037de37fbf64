/** `npm run simulate [-- --sets 2000 --seed 1]`: size and coverage of the statistics on simulated studies; writes docs/statistics.md and its figure. */

import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stopWhereLost } from "../../scripts/setup/npm-options.mjs";
import { renderFigure } from "../../src/analysis/draw/render.js";
import { nullFigure } from "./figure.js";
import { JOBS, type JobResult } from "./jobs.js";
import { statisticsPage } from "./page.js";

const USAGE = "npm run simulate -- [--sets N] [--seed N]";
const PROCESSES = 2;

async function main(): Promise<number> {
  const options = {
    sets: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    job: { type: "string" },
  } as const;
  let values: { sets: string; seed: string; job?: string };
  stopWhereLost("simulate", options);
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const [sets, seed] = [Number(values.sets), Number(values.seed)];
  if (!Number.isSafeInteger(sets) || sets < 10 || !Number.isSafeInteger(seed) || seed < 0)
    return refuse("--sets must be a whole number from 10, --seed one from 0");
  if (values.job !== undefined) {
    const result = JOBS[Number(values.job)]?.({ sets, seed });
    await new Promise((sent) => process.send?.(result, sent));
    process.disconnect?.();
    return 0;
  }
  const started = performance.now();
  const results = await allJobs(sets, seed);
  const ps = Object.assign({}, ...results.map((result) => result.ps)) as JobResult["ps"];
  const { svg, png } = await renderFigure(nullFigure(ps, sets));
  mkdirSync("docs/figures", { recursive: true });
  writeFileSync("docs/figures/null-p-values.svg", svg);
  writeFileSync("docs/figures/null-p-values.png", png);
  writeFileSync(
    "docs/statistics.md",
    statisticsPage(
      results.flatMap(({ measured }) => measured),
      { sets, seed },
    ),
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stderr.write(`codilens: ${sets} data sets a test in ${seconds} s; docs/statistics.md is written\n`);
  return 0;
}

/** Runs the jobs in a few processes; the results do not depend on how many. */
async function allJobs(sets: number, seed: number): Promise<JobResult[]> {
  const results: JobResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < JOBS.length) {
      const job = next++;
      results[job] = await inProcess(job, sets, seed);
      process.stderr.write(`codilens: job ${job + 1} of ${JOBS.length} is done\n`);
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, work));
  return results;
}

function inProcess(job: number, sets: number, seed: number): Promise<JobResult> {
  return new Promise((done, failed) => {
    const args = ["--sets", String(sets), "--seed", String(seed), "--job", String(job)];
    const child = fork(fileURLToPath(import.meta.url), args);
    let result: JobResult | undefined;
    child.on("message", (message) => {
      result = message as JobResult;
    });
    child.on("error", failed);
    child.on("exit", (code) =>
      result === undefined ? failed(new Error(`job ${job} ended with ${code} and no result`)) : done(result),
    );
  });
}

function refuse(what: string): number {
  process.stderr.write(`codilens: ${what}; usage: ${USAGE}\n`);
  return 2;
}

process.exitCode = await main();
