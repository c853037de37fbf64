/** Whether the attention that a knockout takes away tells what it does. */

import { clusteredCorrelation } from "../../statistics/clustered-correlation.js";
import { clusteredRows, type PairRow } from "../../statistics/clustered-rows.js";
import type { Estimate, PValue } from "../../statistics/estimate.js";
import { holm } from "../../statistics/holm.js";
import { permutationTest, pOf } from "../../statistics/permutation.js";
import { cutShare, type KnockoutRow, type Quantity, readerChange } from "./knockout-effects.js";

/** Does more attention go with a larger effect? Problems are compared within each condition, so that neither a span's length nor a reader's place makes it so. */
export interface AttentionPrediction {
  readonly effect: "change of the reader's state" | "loss of log-probability";
  /** Pearson's r within conditions, with its interval over problems; n counts problems × conditions. */
  readonly r: Estimate;
  /** By permutation of whole problems: of those that have every condition. */
  readonly p: PValue;
  /** Holm over the predictions of the study. */
  readonly holm: PValue;
}

const EFFECTS: readonly (readonly [AttentionPrediction["effect"], Quantity])[] = [
  ["change of the reader's state", readerChange],
  ["loss of log-probability", ({ deltaLogProb }) => (deltaLogProb === null ? null : -deltaLogProb)],
];

/** @param rows of one study. @returns one a kind of effect; nothing where no attention was recorded. */
export function attentionPredictions(rows: readonly KnockoutRow[], seed: number): AttentionPrediction[] {
  const effects = rows.filter(({ factors }) => factors["control"] === undefined);
  const places = new Map([...new Set(effects.map(({ condition }) => condition))].map((name, place) => [name, place]));
  const found = EFFECTS.flatMap(([effect, of]) => {
    const pairs = effects.flatMap((row): PairRow[] => {
      const [x, y] = [cutShare(row), of(row)];
      const position = places.get(row.condition) ?? 0;
      return x === null || y === null ? [] : [{ problem: row.problemId, position, x, y }];
    });
    if (pairs.length === 0) return [];
    const clustered = clusteredRows(pairs);
    const r = clusteredCorrelation(clustered, "within-position", {
      seed,
      names: { x: "attention", y: `the ${effect}` },
    });
    return [{ effect, r, p: pOf(permutationTest(clustered, "whole-problems", { seed })) }];
  });
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((each, i) => ({ ...each, holm: adjusted[i] ?? each.p }));
}
