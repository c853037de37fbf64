/** While a part is computed, its share by planned token-forwards is told, and shown beside what is kept. */
// @needs engine, time

import { afterEach, expect, test, vi } from "vitest";
import { makeProgress } from "../../src/cli/progress.js";
import type { RunnerHooks } from "../../src/experiments/runner-hooks.js";
import { runHere } from "../../src/experiments/work/run-here.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const BEGIN = 1_000_000;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("a part tells its share as it goes, up to nearly all, and its items once they are kept", async () => {
  // Time goes on by what is computed, so that no machine is too fast for this; such times are not to be kept as its rates.
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 400));
  vi.stubEnv("CODILENS_CACHE", temporaryFolder("codilens-cache-"));
  const told: Parameters<RunnerHooks["progress"]>[] = [];
  const outcome = await runHere(
    tinyExperiment(temporaryFolder("codilens-progress-"), 4, {
      studies: ["subsets", "question-to-latent"],
      rows: 128,
    }),
    {
      signal: new AbortController().signal,
      notice: () => undefined,
      progress: (...counts) => void told.push(counts),
    },
  );
  const { records } = outcome.counts;
  expect(told[0]).toEqual([0, records, { resumed: 0 }]);
  expect(told.at(-1)).toEqual([records, records, { resumed: 0 }]);
  const within = told.slice(1, -1);
  expect(within.length).toBeGreaterThan(1);
  const reached = within.map(([done, total, { resumed, ahead = 0 }]) => {
    expect([total, resumed]).toEqual([records, 0]);
    return done + ahead;
  });
  expect(reached).toEqual([...reached].sort((a, b) => a - b));
  // Between what is kept, parts tell their shares; what was planned is what is computed, so that they come near their ends.
  const kept = [...new Set(within.map(([done]) => done))];
  expect(kept.length).toBeGreaterThan(5);
  const shares = within.flatMap(([, , { ahead }]) => ahead ?? []);
  expect(shares.length).toBeGreaterThan(kept.length);
  const last = kept.map((done) => Math.max(...within.map((each) => (each[0] === done ? (each[2].ahead ?? 0) : 0))));
  const size = kept.map((done, part) => (kept[part + 1] ?? records) - done);
  const near = last.filter((share, part) => share > 0.6 * (size[part] ?? 0));
  expect(near.length).toBeGreaterThan(kept.length / 2);
});

test("lines say what is kept, what is in work, and the time left by both", () => {
  vi.useFakeTimers({ now: BEGIN });
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  const { update } = makeProgress(true);
  update(20, 120, { resumed: 20 });
  const at = (ms: number, ...counts: Parameters<typeof update>): void => {
    vi.setSystemTime(BEGIN + ms);
    update(...counts);
  };
  at(5_000, 20, 120, { resumed: 20, ahead: 10 });
  at(10_000, 20, 120, { resumed: 20, ahead: 25.6 });
  at(20_000, 70, 120, { resumed: 20 });
  at(21_000, 120, 120, { resumed: 20 });
  expect(lines).toEqual([
    "20/120 items\n",
    "20/120 items and 25 in work, 2.6 a second, about 30 s left\n",
    "70/120 items, 2.5 a second, about 20 s left\n",
    "120/120 items, 4.8 a second\n",
  ]);
});
