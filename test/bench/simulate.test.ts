/** The simulator of many workers: cases counted by hand, and a slower way of counting the rest. */
// @needs nothing

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onShards, onWorkers, type SimulatedRun } from "../../bench/simulate/simulate.mjs";

const run = (jobs: readonly number[], more: Partial<SimulatedRun> = {}): SimulatedRun => ({
  jobs,
  ...{ startSeconds: 0, coordinatorSeconds: 0, transitSeconds: 0 },
  ...more,
});

describe("onWorkers()", () => {
  test("two workers share equal jobs, after they have started", () => {
    const { seconds, efficiency } = onWorkers(run([10, 10, 10, 10], { startSeconds: 1 }), 2);
    expect(seconds).toBe(21);
    expect(efficiency).toBeCloseTo(40 / 42);
  });

  test("the costliest job of those ahead goes first, so that the small ones fill the end", () => {
    expect(onWorkers(run([1, 1, 10, 1]), 2).seconds).toBe(10);
  });

  test("one process hands out: with many workers it is what all wait for", () => {
    // Ten jobs handed out a second apart, the last computed in 0.5, and kept in another second.
    expect(onWorkers(run(new Array(10).fill(0.5), { coordinatorSeconds: 1 }), 100).seconds).toBeCloseTo(11.5);
  });

  test("what a job spends on its way is time of its worker", () => {
    expect(onWorkers(run([2, 2], { transitSeconds: 0.5 }), 1).seconds).toBe(5);
  });

  test("is what a slower way of counting finds", () => {
    const jobs = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 9 }), fc.nat(3), (seconds, workers, coordinatorSeconds) => {
        const simulated = onWorkers(run(seconds, { coordinatorSeconds, transitSeconds: 2 }), workers);
        expect(simulated.seconds).toBe(slowly(seconds, { workers, coordinatorSeconds }));
      }),
    );
  });
});

/** Second by second: who is idle asks, and is served when nobody else is. */
function slowly(
  jobs: readonly number[],
  { workers, coordinatorSeconds }: { readonly workers: number; readonly coordinatorSeconds: number },
): number {
  const left = [...jobs].sort((a, b) => b - a);
  const busy = new Array<number>(workers).fill(0);
  let [coordinator, last] = [0, 0];
  for (let now = 0; left.length > 0; now++)
    for (let place = busy.findIndex((each) => each <= now); place >= 0 && coordinator <= now && left.length > 0; ) {
      coordinator = now + coordinatorSeconds;
      const done = coordinator + 2 + (left.shift() ?? 0);
      busy[place] = done;
      last = Math.max(last, done);
      place = busy.findIndex((each) => each <= now);
    }
  return last + coordinatorSeconds;
}

describe("onShards()", () => {
  test("the shard that has most is the run's time; what was planned decides who has what", () => {
    const planned = [3, 2, 1];
    // Planned: 3 alone, 2 and 1 together. Computed, the two take 8.
    const { seconds } = onShards(run([3, 4, 4], { startSeconds: 1 }), 2, { planned, mergeSeconds: 0.5 });
    expect(seconds).toBe(9.5);
  });
});
