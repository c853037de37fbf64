/** While a batch is computed, its share by planned token-forwards is told, and shown beside what is kept. */

import { afterEach, expect, test, vi } from "vitest";
import { makeProgress } from "../../src/cli/progress.js";
import { type RunnerHooks, runExperiment } from "../../src/experiments/runner.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const BEGIN = 1_000_000;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("a batch tells its share as it goes, up to nearly all, and its items once they are kept", async () => {
  // Time goes on by what is computed, so that no machine is too fast for this; such times are not to be kept as its rates.
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 100));
  vi.stubEnv("CODILENS_CACHE", temporaryFolder("codilens-cache-"));
  const told: Parameters<RunnerHooks["progress"]>[] = [];
  const outcome = await runExperiment(
    tinyExperiment(temporaryFolder("codilens-progress-"), 8, {
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
  expect(told[0]).toEqual([0, records, 0]);
  expect(told.at(-1)).toEqual([records, records, 0]);
  const within = told.slice(1, -1);
  expect(within.length).toBeGreaterThan(1);
  const ahead = within.map(([done, total, resumed, share]) => {
    expect([done, total, resumed]).toEqual([0, records, 0]);
    return share ?? Number.NaN;
  });
  expect(ahead).toEqual([...ahead].sort((a, b) => a - b));
  // What was planned is what is computed: the last second comes near the end, and none before it says so.
  expect((ahead.at(-1) ?? 0) / records).toBeGreaterThan(0.6);
  expect(ahead.filter((share) => share / records > 0.985).length).toBeLessThan(2);
});

test("lines say what is kept, what is in work, and the time left by both", () => {
  vi.useFakeTimers({ now: BEGIN });
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  const { update } = makeProgress(true);
  update(20, 120, 20);
  const at = (ms: number, ...counts: Parameters<typeof update>): void => {
    vi.setSystemTime(BEGIN + ms);
    update(...counts);
  };
  at(5_000, 20, 120, 20, 10);
  at(10_000, 20, 120, 20, 25.6);
  at(20_000, 70, 120, 20);
  at(21_000, 120, 120, 20);
  expect(lines).toEqual([
    "20/120 items\n",
    "20/120 items and 25 in work, 2.6 a second, about 30 s left\n",
    "70/120 items, 2.5 a second, about 20 s left\n",
    "120/120 items, 4.8 a second\n",
  ]);
});
