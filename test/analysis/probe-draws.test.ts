/** What is said of a probe whose R² hangs on the draw of folds, in the table, the sentence and the figure. */
// @needs nothing

import { expect, test } from "vitest";
import { probesFile } from "../../src/studies/lens/files.js";
import { type LayerLensSummary, layerLensSummary } from "../../src/studies/lens/layers.js";
import { layerLensFigure } from "../../src/studies/lens/layers-figure.js";
import { layerLensSentence } from "../../src/studies/lens/layers-sentence.js";
import type { LayerLensRow } from "../../src/studies/lens/probes.js";
import { TWELVE_RIGHT } from "../support/found.js";
import { PROBE_DRAWS, type ProbeCase } from "../support/probe-draws.js";

/** One layer, one position, one step. */
function summaryOf({ x, width, y, seed }: ProbeCase): LayerLensSummary {
  const rows = y.map((value, at): LayerLensRow => {
    const states = Buffer.from(Float32Array.from(x.slice(at * width, (at + 1) * width)).buffer).toString("base64");
    const steps = [{ ranks: [[1]], logProbs: [[-1]] }];
    return {
      steps: [value],
      lens: { layers: ["7"], positions: ["bot"], first: [["1"]], steps, stateLayers: ["7"], width, states },
    };
  });
  const summary = layerLensSummary(rows, seed, null);
  if (summary === null) throw new Error("no summary");
  return summary;
}

function tableOf(layerLens: LayerLensSummary): Record<string, string> {
  const { columns, rows } = probesFile(layerLens);
  return Object.fromEntries(columns.map(({ name }, at) => [name, `${rows[0]?.[at] ?? ""}`]));
}

test.each(PROBE_DRAWS.cases)("$name: probes.csv has the median and the spread of NumPy's draws", (given) => {
  const row = tableOf(summaryOf(given));
  const columns = ["r2", "r2_least", "r2_lower_quartile", "r2_upper_quartile", "r2_greatest"];
  const expected = [given.r2[given.median], given.least, ...given.quartiles, given.greatest];
  // States are kept as float32.
  for (const [at, name] of columns.entries())
    expect(Math.abs(Number(row[name]) - (expected[at] ?? Number.NaN)), name).toBeLessThan(1e-4);
  expect(row).toMatchObject({
    fold_draws: `${given.r2.length}`,
    median_draw: `${given.median}`,
    penalties: given.penaltiesOfMedian.join(" "),
    steady: given.quartiles[1] - given.quartiles[0] > 0.2 ? "no" : "yes",
  });
});

test("the sentence and the figure mark what hangs on the folds, and only that", () => {
  const [noisy, steady] = PROBE_DRAWS.cases.map(summaryOf);
  if (noisy === undefined || steady === undefined) throw new Error("no summaries");
  expect(layerLensSentence(noisy)).toMatch(/over 11 draws of folds, not to be relied on\)/);
  expect(layerLensSentence(steady)).toMatch(/over 5 draws of folds\)/);
  expect(layerLensSentence(steady)).not.toContain("not to be relied on");
  // Lines of the subtitle are broken at blanks.
  const drawnOf = (lens: LayerLensSummary): string =>
    JSON.stringify(layerLensFigure(lens, TWELVE_RIGHT)).replaceAll('","', " ");
  expect(drawnOf(noisy)).toMatch(/over 11 draws of folds, not to be relied on"/);
  expect(drawnOf(noisy)).toContain("R² hangs on the folds in 1 of 1 probes");
  expect(drawnOf(steady)).toMatch(/over 5 draws of folds"/);
  expect(drawnOf(steady)).toContain("R² hangs on the folds in 0 of 1 probes");
});
