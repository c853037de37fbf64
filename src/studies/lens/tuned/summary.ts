/** What the tuned lens of a run says: how near it comes to the model's own last layer, and where it names each step. */

import type { Estimate } from "../../../statistics/estimate.js";
import { meanEstimate } from "../../../statistics/mean-estimate.js";
import { firstChoices, median, type RankSummary, rankSummary } from "../ranks.js";
import type { TunedLens } from "./tuned-file.js";

/** One number for each of the lenses; `shuffled` is the tuned lens fitted on other problems' last states, the control. */
export interface ByLens<T> {
  readonly logit: T;
  readonly tuned: T;
  readonly shuffled: T;
}

/** KL from what the model says after its last block, nats, mean over problems. */
export interface TunedCell {
  readonly layer: string;
  /** `all`: each problem's mean over its positions. */
  readonly position: string;
  readonly n: number;
  readonly kl: ByLens<Estimate>;
}

/** A step's value under the tuned lens. */
export interface TunedStep extends RankSummary {
  readonly layer: string;
  readonly position: string;
  readonly target: string;
  readonly shuffled: { readonly first: number; readonly medianRank: number | null };
}

/** A tuned lens. */
export interface KnownTunedLens {
  readonly kind: "value";
  /** All but the last, to which they are translated. */
  readonly layers: readonly string[];
  readonly last: string;
  readonly positions: readonly string[];
  readonly problems: number;
  readonly width: number;
  readonly folds: number;
  readonly cells: readonly TunedCell[];
  readonly steps: readonly TunedStep[];
  readonly translators: Extract<TunedLens, { kind: "value" }>["translators"];
}

/** The tuned lens, or why there is none. */
export type TunedLensSummary = { readonly kind: "undefined"; readonly reason: string } | KnownTunedLens;

type Known = Extract<TunedLens, { kind: "value" }>;
type Problem = Known["problems"][number];

/** Where no file is: a run of an older version, or one that was stopped. */
const MISSING = "the folder has no tuned_lens.json; run the experiment's command again to add it";

/** @param lens of the run's folder. @param seed of the intervals. */
export function tunedLensSummary(lens: TunedLens | null, seed: number): TunedLensSummary {
  if (lens === null) return { kind: "undefined", reason: MISSING };
  if (lens.kind === "undefined") return { kind: "undefined", reason: lens.reason };
  const { layers, last, positions, width, folds, problems, translators } = lens;
  const most = Math.max(0, ...problems.map(({ tuned }) => tuned.steps.length));
  const cells = layers.flatMap((layer, l) =>
    ["all", ...positions].map((position, p): TunedCell => {
      const of = (kind: keyof ByLens<unknown>): Estimate =>
        meanEstimate(
          problems.map((problem) => klAt(problem[kind].kl[l] ?? [], p)),
          seed,
        );
      const kl = { logit: of("logit"), tuned: of("tuned"), shuffled: of("shuffled") };
      return { layer, position, n: problems.length, kl };
    }),
  );
  const steps = Array.from({ length: most }, (_, step) =>
    layers.flatMap((_, layer) => positions.map((_, position) => stepOf(lens, { step, layer, position }))),
  ).flat();
  return { kind: "value", layers, last, positions, problems: problems.length, width, folds, cells, steps, translators };
}

/** @param place 0 for the mean of all positions, else one more than the position's. */
function klAt(row: readonly number[], place: number): number {
  return place === 0 ? row.reduce((sum, each) => sum + each, 0) / row.length : (row[place - 1] ?? 0);
}

function stepOf(
  { layers, positions, problems }: Known,
  { step, layer, position }: { readonly step: number; readonly layer: number; readonly position: number },
): TunedStep {
  const read = (kind: "tuned" | "shuffled", what: "ranks" | "logProbs"): number[] =>
    problems.flatMap((problem: Problem) => problem[kind].steps[step]?.[what][layer]?.[position] ?? []);
  const [ranks, others] = [read("tuned", "ranks"), read("shuffled", "ranks")];
  return {
    layer: layers[layer] ?? "",
    position: positions[position] ?? "",
    target: `step ${step + 1}`,
    ...rankSummary(ranks, read("tuned", "logProbs")),
    shuffled: { first: firstChoices(others), medianRank: median(others) },
  };
}
