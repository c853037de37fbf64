/** A run on many workers, event by event: who computes which job when, and what the one process that hands jobs out does meanwhile. */

import { assignShards } from "../../src/experiments/shards/assign.js";

/** Jobs that the coordinator looks ahead, the costliest of which goes first (src/experiments/work/job-pool.ts). */
const WINDOW = 48;

/** A run. */
export interface SimulatedRun {
  /** Seconds of each job, in the run's order. */
  readonly jobs: readonly number[];
  /** Seconds until a worker can compute its first job. */
  readonly startSeconds: number;
  /** Seconds that the coordinator is busy with a job: handing it out, and keeping its records. */
  readonly coordinatorSeconds: number;
  /** Seconds that a job spends between the two processes, in which its worker waits. */
  readonly transitSeconds: number;
}

/** What a run came to. */
export interface SimulatedTime {
  /** From start to the last record. */
  readonly seconds: number;
  /** Computing, over all that the workers could have computed in that time. */
  readonly efficiency: number;
}

/** Workers that take one job after the other from a coordinator. */
export function onWorkers(run: SimulatedRun, workers: number): SimulatedTime {
  const { startSeconds, coordinatorSeconds, transitSeconds } = run;
  const next = handedOut(run.jobs);
  const idle = new EventQueue();
  for (let worker = 0; worker < workers; worker++) idle.add(startSeconds);
  let [free, last] = [0, 0];
  for (let job = next(); job !== null; job = next()) {
    const asked = idle.take();
    // One process: who asks while it is busy waits.
    free = Math.max(free, asked) + coordinatorSeconds;
    const done = free + transitSeconds + job;
    idle.add(done);
    last = Math.max(last, done);
  }
  return timeOf(run.jobs, { seconds: last + coordinatorSeconds, workers });
}

/** Shards that are cut before the run, by planned cost; each is a process of its own. */
export function onShards(
  run: SimulatedRun,
  shards: number,
  { planned, mergeSeconds }: { readonly planned: readonly number[]; readonly mergeSeconds: number },
): SimulatedTime {
  const { jobs, startSeconds, coordinatorSeconds } = run;
  const sums = new Array<number>(shards).fill(0);
  for (const [job, shard] of assignShards(planned, shards).entries())
    sums[shard] = (sums[shard] ?? 0) + (jobs[job] ?? 0) + coordinatorSeconds;
  const seconds = startSeconds + sums.reduce((most, sum) => Math.max(most, sum), 0) + mergeSeconds;
  return timeOf(jobs, { seconds, workers: shards });
}

function timeOf(
  jobs: readonly number[],
  { seconds, workers }: { readonly seconds: number; readonly workers: number },
): SimulatedTime {
  return { seconds, efficiency: jobs.reduce((sum, each) => sum + each, 0) / (workers * seconds) };
}

/** @returns what gives the next job's seconds, null when none is left. */
function handedOut(jobs: readonly number[]): () => number | null {
  let planned = 0;
  const window: number[] = [];
  return () => {
    while (window.length < WINDOW && planned < jobs.length) window.push(jobs[planned++] ?? 0);
    if (window.length === 0) return null;
    const place = window.reduce((best, seconds, each) => (seconds > (window[best] ?? 0) ? each : best), 0);
    return window.splice(place, 1)[0] ?? null;
  };
}

/** Moments, of which the earliest is taken first: a binary heap. */
class EventQueue {
  readonly #heap: number[] = [];

  add(moment: number): void {
    const heap = this.#heap;
    let place = heap.push(moment) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if ((heap[above] ?? 0) <= moment) break;
      heap[place] = heap[above] ?? 0;
      place = above;
    }
    heap[place] = moment;
  }

  /** @throws RangeError where there is none. */
  take(): number {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) throw new RangeError("No worker is left");
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= heap.length) break;
      const below = (heap[left + 1] ?? Number.POSITIVE_INFINITY) < (heap[left] ?? 0) ? left + 1 : left;
      if ((heap[below] ?? 0) >= last) break;
      heap[place] = heap[below] ?? 0;
      place = below;
    }
    heap[place] = last;
    return first;
  }
}
