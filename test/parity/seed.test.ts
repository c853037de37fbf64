/** Protocol `seed` equals a PyTorch transcription of the original study's loop, ablations and attention slices included. */
// @needs engine, time

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runStudyConditions } from "../../src/experiments/jobs/run-study-conditions.js";
import { tokenAblationConditions } from "../../src/studies/token-ablation/study.js";
import { loadTiny } from "../support/tiny.js";

interface Row {
  readonly question: string;
  readonly answer: number[];
  readonly ablated: number[][];
  readonly attention: Record<string, number[]>;
}

const { rows, limit } = JSON.parse(readFileSync(new URL("../fixtures/seed.json", import.meta.url), "utf8")) as {
  rows: Row[];
  limit: number;
};

test("protocol seed gives the transcription's answers, ablated answers and attention slices", async () => {
  using model = await loadTiny("seed");
  const conditions = tokenAblationConditions(8, 6, "seed");
  const results = await runStudyConditions(
    model,
    { questions: rows.map(({ question }) => question), conditions },
    { ablateLayer: 8, maxNewTokens: limit, attentionLayers: [4, 8, 14] },
  );
  expect(results.map(([clean]) => clean?.answer.ids)).toEqual(rows.map(({ answer }) => answer));
  expect(results.map((row) => row.slice(1).map(({ answer }) => answer.ids))).toEqual(
    rows.map(({ ablated }) => ablated),
  );
  for (const [i, row] of rows.entries()) {
    for (const [layer, slice] of Object.entries(row.attention)) {
      const heads = results[i]?.[0]?.attention.get(Number(layer))?.get("eot") ?? new Float32Array();
      const mean = slice.map(
        (_, k) => [0, 1, 2, 3].reduce((sum, head) => sum + (heads[head * 6 + k] ?? Number.NaN), 0) / 4,
      );
      for (const [k, value] of slice.entries()) expect(mean[k]).toBeCloseTo(value, 5);
    }
  }
});
