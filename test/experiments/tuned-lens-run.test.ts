/** The tuned lens of the embedded model from end to end: states, translators, file, what the analysis says of it. */
// @needs engine, time

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacksFile, writeFiles } from "../../src/experiments/jobs/after-run.js";
import { loadProblems } from "../../src/experiments/problems/load.js";
import type { RunResult } from "../../src/model/latent/run-types.js";
import type { OkRecord } from "../../src/records/record.js";
import { layerLensSummary } from "../../src/studies/lens/layers.js";
import { layerLensSentence } from "../../src/studies/lens/layers-sentence.js";
import { layerLenses } from "../../src/studies/lens/read.js";
import type { LayerLens } from "../../src/studies/lens/record.js";
import { tunedLensFigure } from "../../src/studies/lens/tuned/figure.js";
import { tunedLensSummary } from "../../src/studies/lens/tuned/summary.js";
import { TUNED_LENS_FILE, type TunedLens } from "../../src/studies/lens/tuned/tuned-file.js";
import { tunedLens } from "../../src/studies/lens/tuned/tuned-lens.js";
import { TWELVE_RIGHT } from "../support/found.js";
import { fieldsOf, readContext } from "../support/read-context.js";
import { loadTiny } from "../support/tiny.js";

const model = await loadTiny();
afterAll(() => model.dispose());
const { problems } = await loadProblems("weights/tiny-codi/problems_100.jsonl", { onBadRow: "fail" });
const numbered = problems.filter((_, i) => i % 4 === 0).map((problem, index) => ({ problem, index }));

describe("tuned lens of 25 problems", () => {
  let lenses: LayerLens[] = [];
  let made: Extract<TunedLens, { kind: "value" }>;
  const records = (): OkRecord[] =>
    numbered.map(({ problem, index }) => ({ problem: { ...problem, index }, layerLens: lenses[index] }) as never);

  beforeAll(async () => {
    const runs = numbered.map(({ problem }) => ({ problem, result: { failure: null } as RunResult }));
    lenses = (await layerLenses(readContext(model, runs))).flatMap((each) => fieldsOf(each).layerLens ?? []);
    const found = await tunedLens(model, records(), { seed: 1 });
    if (found.kind === "undefined") throw new Error(found.reason);
    made = found;
  });

  test("names step 1 at BOT late, held out; fitted on other problems' states it does not", () => {
    expect([made.layers.length, made.last, made.problems.length]).toEqual([16, "15", 25]);
    const firstAt = (kind: "tuned" | "shuffled", layer: number): number =>
      made.problems.filter((problem) => problem[kind].steps[0]?.ranks[layer]?.[0] === 1).length;
    expect(firstAt("tuned", 15)).toBeGreaterThanOrEqual(22);
    for (let layer = 0; layer < 16; layer++) expect(firstAt("shuffled", layer)).toBeLessThanOrEqual(5);
    const meanKl = (kind: "logit" | "tuned" | "shuffled", layer: number): number =>
      made.problems.reduce((sum, problem) => sum + (problem[kind].kl[layer]?.[0] ?? 0), 0) / 25;
    expect(meanKl("tuned", 15)).toBeLessThan(0.3 * meanKl("shuffled", 15));
    // The embedding of BOT is the same in every question: no translator can tell problems apart by it.
    const says = made.problems.map(({ tuned }) => tuned.steps[0]?.ranks[0]?.[0] === 1);
    expect(says.filter(Boolean).length).toBeLessThanOrEqual(5);
  });

  test("no reading of a problem depends on that problem's own last states", async () => {
    const size = 16 * 7 * 64;
    const [own = "", other = ""] = [0, 1].map((at) => lenses[at]?.states);
    const states = new Float32Array(Uint8Array.from(Buffer.from(own, "base64")).buffer);
    states.set(new Float32Array(Uint8Array.from(Buffer.from(other, "base64")).buffer).subarray(size), size);
    const changed = records().map((record, at) =>
      at === 0 && record.layerLens !== undefined
        ? { ...record, layerLens: { ...record.layerLens, states: Buffer.from(states.buffer).toString("base64") } }
        : record,
    );
    const again = await tunedLens(model, changed, { seed: 1 });
    if (again.kind === "undefined") throw new Error(again.reason);
    expect(again.problems[0]?.tuned.steps).toEqual(made.problems[0]?.tuned.steps);
    expect(again.problems[0]?.tuned.kl).not.toEqual(made.problems[0]?.tuned.kl);
  });

  test("the analysis gives KL with intervals, steps, sentence and figure; without a file it says what to do", () => {
    const rows = records().flatMap(({ problem, layerLens }) =>
      layerLens === undefined ? [] : [{ steps: problem.steps ?? [], lens: layerLens }],
    );
    const summary = layerLensSummary(rows, 1, made);
    if (summary?.tuned.kind !== "value") throw new Error("no summary");
    const { cells, steps } = summary.tuned;
    expect([cells.length, new Set(cells.map(({ position }) => position)).size]).toEqual([16 * 8, 8]);
    const mean = made.problems.reduce((sum, { tuned }) => sum + (tuned.kl[3]?.[2] ?? 0), 0) / 25;
    const cell = cells.find(({ layer, position }) => layer === "2" && position === "latent.1");
    expect(cell?.kl.tuned.kind === "value" ? cell.kl.tuned.value : 0).toBeCloseTo(mean, 9);
    const step = steps.find(
      ({ layer, position, target }) => layer === "14" && position === "bot" && target === "step 1",
    );
    expect([step?.n, step?.medianRank]).toEqual([25, 1]);
    expect(layerLensSentence(summary)).toMatch(/by the tuned lens from .* n = 25 problems × 7 positions/);
    expect(tunedLensFigure(summary, TWELVE_RIGHT)?.["vconcat"]).toHaveLength(5);
    const none = { ...summary, tuned: tunedLensSummary(null, 1) };
    expect(layerLensSentence(none)).toMatch(/There is no tuned lens: the folder has no tuned_lens\.json; run/);
    expect(JSON.stringify(tunedLensFigure(none, TWELVE_RIGHT))).toMatch(/"no tuned lens.*tuned_lens\.json/);
  });
});

test("a run that asks for the lens gets a file, even if it only says why there is none", async () => {
  const dir = mkdtempSync(join(tmpdir(), "codilens-tuned-"));
  const setup = (studies: string[]) => ({ dir, outside: [], fingerprint: { studies, seed: 1 } });
  const told: string[] = [];
  expect([lacksFile(setup(["subsets"])), lacksFile(setup(["lens"]))]).toEqual([false, true]);
  writeFileSync(join(dir, "records.jsonl"), "");
  const { signal } = new AbortController();
  const notice = (text: string): void => void told.push(text);
  await writeFiles(model, setup(["subsets"]), { notice, signal });
  expect(existsSync(join(dir, TUNED_LENS_FILE))).toBe(false);
  await writeFiles(model, setup(["lens"]), { notice, signal });
  expect(told).toEqual(["lens: no tuned lens: no problem has states"]);
  expect(readFileSync(join(dir, "tuned_lens.json"), "utf8")).toMatch(/"reason":"no problem has states"/);
  expect(lacksFile(setup(["lens"]))).toBe(false);
  rmSync(dir, { recursive: true });
});
