/**
 * When do more workers stop helping? `node scripts/dev.mjs bench/simulate/main.mts --model DIR`, DIR a checkpoint of the 1B shape, of which
 * no weight is read. Writes a part of docs/scale.md and its figure. With --check also the check against 1 to 4 workers, which says something
 * only where measure.mts had the machine to itself.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { renderFigure } from "../../src/analysis/draw/render.js";
import { COLOURS, type FigureSpec } from "../../src/exhibits/figure.js";
import { machineFolder } from "../context.mjs";
import { benchFigure } from "../report.mjs";
import { median } from "../statistics.mjs";
import { digits, table } from "../table.mjs";
import type { Measured } from "./measured.mjs";
import { type Published, published } from "./published.mjs";
import { onShards, onWorkers, type SimulatedRun, type SimulatedTime } from "./simulate.mjs";
import { type StudyJobs, studyJobs } from "./study-jobs.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = here("../../docs/scale.md");
const PROBLEMS = 1000;
/** Batches of so many are planned; the others repeat them. */
const PLANNED = 96;
const WORKERS = [1, 2, 4, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const SHOWN = [1, 10, 100, 1000, 5000];
/** Of what a worker could have computed, so much less is "stopped helping". */
const HELPING = [0.9, 0.5];

/** The study's run, on a queue and in shards. */
interface Runs {
  readonly queue: (workers: number) => SimulatedTime;
  readonly shards: (workers: number) => SimulatedTime;
}

async function main(): Promise<void> {
  const { model, check } = parseArgs({
    options: { model: { type: "string" }, check: { type: "boolean", default: false } },
  }).values;
  if (model === undefined) throw new RangeError("--model DIR is needed: a checkpoint of the 1B shape");
  const measured = JSON.parse(readFileSync(here("measured.json"), "utf8")) as Measured;
  const rates = published();
  const own = await studyJobs(model, { problems: PLANNED, rates: rates.steps });
  const factor = await factorOf(model, rates);
  const jobs = repeated(own, factor);
  const runs = runsOf(jobs, { measured, rates });
  const folder = join("figures", machineFolder(rates.machine));
  await draw(runs, here(`../${folder}`));
  const lines = [
    ...tableOf(runs),
    "",
    `![Speed-up against workers](../bench/${folder}/workers.png)`,
    "",
    ...sourceLines(jobs, { measured, rates, factor }),
    ...(check ? ["", ...checkLines(measured)] : []),
  ];
  writeFileSync(PAGE, withPart(readFileSync(PAGE, "utf8"), lines.join("\n")));
}

/** What a whole run took over the sum of its steps: scores, readings, and answers that leave the clean one. */
async function factorOf(model: string, { steps, run }: Published): Promise<number> {
  const { seconds } = await studyJobs(model, { problems: run.problems, rates: steps, studies: ["token-ablation"] });
  return run.seconds / sum(seconds);
}

function repeated({ seconds, planned, records, conditions }: StudyJobs, factor: number): StudyJobs {
  const times = PROBLEMS / PLANNED;
  const again = (values: readonly number[]): number[] =>
    Array.from({ length: Math.round(values.length * times) }, (_, place) => values[place % values.length] ?? 0);
  return {
    seconds: again(seconds).map((each) => each * factor),
    planned: again(planned),
    records: again(records),
    conditions,
  };
}

function runsOf(
  jobs: StudyJobs,
  { measured, rates }: { readonly measured: Measured; readonly rates: Published },
): Runs {
  const { coordinator, queue } = measured;
  const recordsAJob = sum(jobs.records) / jobs.records.length;
  const keeping = coordinator.appendSeconds + recordsAJob * coordinator.recordSeconds;
  const run = { jobs: jobs.seconds, startSeconds: rates.loadSeconds + startSeconds(measured) };
  const onQueue: SimulatedRun = {
    ...run,
    coordinatorSeconds: keeping + 1 / queue.jobsASecond,
    transitSeconds: queue.transitSeconds,
  };
  const inShards: SimulatedRun = { ...run, coordinatorSeconds: keeping, transitSeconds: 0 };
  // Read, checked, and written again.
  const mergeSeconds = 2 * sum(jobs.records) * coordinator.recordSeconds;
  return {
    queue: (workers) => onWorkers(onQueue, workers),
    shards: (workers) => onShards(inShards, workers, { planned: jobs.planned, mergeSeconds }),
  };
}

function tableOf({ queue, shards }: Runs): string[] {
  const rows = SHOWN.map((workers) => {
    const [a, b] = [queue(workers), shards(workers)];
    return [`${workers}`, hours(a.seconds), percent(a.efficiency), hours(b.seconds), percent(b.efficiency)];
  });
  const limits = HELPING.map((share) => {
    const last = (of: (workers: number) => SimulatedTime): number => lastHelping(of, share);
    return `Efficiency falls below ${percent(share)} beyond ${last(queue)} workers on a queue, and beyond ${last(shards)} shards.`;
  });
  return [
    ...table(["workers", "queue: time", "efficiency", "shards: time", "efficiency"], rows),
    "",
    `Efficiency is the time spent computing, over workers times the time of the run. ${limits.join(" ")}`,
  ];
}

/** The most workers, by halving, with which at least that share of their time is computing. */
function lastHelping(of: (workers: number) => SimulatedTime, share: number): number {
  let [low, high] = [1, 100_000];
  while (high - low > Math.max(1, low / 50)) {
    const middle = Math.round(Math.sqrt(low * high));
    if (of(middle).efficiency >= share) low = middle;
    else high = middle;
  }
  return Number(low.toPrecision(2));
}

function sourceLines(
  jobs: StudyJobs,
  { measured, rates, factor }: { readonly measured: Measured; readonly rates: Published; readonly factor: number },
): string[] {
  const { coordinator, queue } = measured;
  const ms = (seconds: number): string => `${digits(seconds * 1000)} ms`;
  const total = sum(jobs.seconds);
  return [
    `Where the numbers come from: ${PROBLEMS} problems under ${jobs.conditions} conditions are ${sum(jobs.records)} records in ${jobs.seconds.length} jobs (${digits(total / jobs.seconds.length)} s each on average, ${digits(Math.max(...jobs.seconds))} s at most), ${hours(total)} of computing. The jobs are those of the plan; ${PLANNED} problems are planned, and the others repeat their batches. A job costs its planned steps at the rates that the bench published of ${rates.machine} (both cores, [results](../bench/RESULTS.md)), times ${digits(factor)}: what the bench's whole run of ${rates.run.problems} problems took over its own steps. That model had random weights, whose answers seldom agree, so a trained one takes less.`,
    "",
    `A worker starts and loads in ${digits(rates.loadSeconds + startSeconds(measured))} s. Keeping a record takes the coordinator ${ms(coordinator.recordSeconds)}, an append to the disk ${ms(coordinator.appendSeconds)}. BullMQ on Redis took ${ms(queue.transitSeconds)} for a job of ${queue.payloadBytes / 1024} KiB from adding it to hearing of its end, and ${digits(queue.jobsASecond)} jobs a second at most. These were measured on ${measured.machine}`,
  ];
}

/** Workers of this machine whose jobs are held up without using a core, beside what is predicted from the run of one worker. */
function checkLines({ check }: Measured): string[] {
  const [alone] = check;
  if (alone === undefined) return [];
  const jobs = alone.kept.map((at, place) => at - (alone.kept[place - 1] ?? 0)).slice(1);
  const job = median(jobs);
  const start = (alone.kept[0] ?? 0) - job;
  const run = { jobs: [job, ...jobs], startSeconds: start, coordinatorSeconds: 0, transitSeconds: 0 };
  const rows = check.map(({ workers, kept }) => {
    const [predicted, found] = [onWorkers(run, workers).seconds, kept.at(-1) ?? Number.NaN];
    return [`${workers}`, `${digits(predicted)} s`, `${digits(found)} s`, percent(found / predicted - 1)];
  });
  return [
    `Checked with real processes: ${alone.kept.length} jobs of the embedded model, each held up for some seconds in which it needs no core, so that four workers fit two cores. From the job times of one worker, the same simulation predicts:`,
    "",
    ...table(["workers", "predicted", "measured", "difference"], rows),
  ];
}

/** Seconds from the run's beginning to a worker that has loaded the embedded model: what is not the model's size. */
function startSeconds({ check }: Measured): number {
  const [alone] = check;
  const kept = alone?.kept ?? [];
  const jobs = kept.map((at, place) => at - (kept[place - 1] ?? 0)).slice(1);
  return Math.max(0, (kept[0] ?? 0) - median(jobs));
}

async function draw({ queue, shards }: Runs, folder: string): Promise<void> {
  const { svg, png } = await renderFigure(figureOf({ queue, shards }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "workers.svg"), svg);
  writeFileSync(join(folder, "workers.png"), png);
}

function figureOf({ queue, shards }: Runs): FigureSpec {
  const alone = queue(1).seconds;
  const values = WORKERS.flatMap((workers) => [
    { workers, kind: "a queue", speedUp: alone / queue(workers).seconds },
    { workers, kind: "shards", speedUp: alone / shards(workers).seconds },
    { workers, kind: "no loss", speedUp: workers },
  ]);
  // Shards lose a little even with one worker, and an axis that ends at 0.1 for that would be a third empty.
  const scale = { type: "log", domainMin: 1, clamp: true };
  // A tick beyond the last number would be drawn at the axis's end, since marks are kept within it.
  const axis = { values: [1, 10, 100, 1000], format: ",d" };
  const kinds = ["no loss", "a queue", "shards"];
  return benchFigure(
    "How far workers help",
    [`all studies of ${PROBLEMS} problems at the 1B shape, simulated; over one worker`],
    {
      width: 380,
      height: 240,
      data: { values },
      mark: { type: "line", point: { filled: true, size: 24 }, strokeWidth: 1.4 },
      encoding: {
        x: {
          field: "workers",
          type: "quantitative",
          title: "workers",
          scale,
          axis,
        },
        y: {
          field: "speedUp",
          type: "quantitative",
          title: "times as fast",
          scale,
          axis,
        },
        color: {
          field: "kind",
          type: "nominal",
          title: null,
          sort: kinds,
          scale: { domain: kinds, range: [COLOURS.grey, COLOURS.blue, COLOURS.orange] },
          legend: { orient: "top" },
        },
      },
    },
  );
}

const [BEGIN, END] = ["<!-- simulated: bench/simulate/main.mts -->", "<!-- end of simulated -->"];

function withPart(page: string, part: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new RangeError(`docs/scale.md lacks ${BEGIN} or ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${part}\n\n${page.slice(end)}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

function hours(seconds: number): string {
  if (seconds < 120) return `${digits(seconds)} s`;
  return seconds < 7200 ? `${digits(seconds / 60)} min` : `${digits(seconds / 3600)} h`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

await main();
