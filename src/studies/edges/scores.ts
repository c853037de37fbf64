/**
 * Scores of all edges of a pair (edge attribution patching with integrated gradients, Hanna, Pezzelle and Belinkov 2024):
 * (what a source writes in the counterfactual's run − in the question's) · gradient of the logit difference by what a target reads, mean
 * over inputs on the way from the counterfactual's to the question's.
 */

import { UsageError } from "../../base/errors.js";
import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Captures } from "../../model/latent/readings/capture.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { INTEGRATED_STEPS } from "../patching/cost.js";
import { gradientsOf, INPUT, type InputStep, stepsBefore, wayTo } from "../patching/input-path.js";
import { contrastOf, type Pair } from "../patching/pairs.js";
import { differenceOf } from "../patching/patch-maps.js";
import type { KeptPair } from "../patching/record.js";
import { EdgeNumbers } from "./graph.js";
import { lengthOf, type Place, placesOf } from "./places.js";

// Activations and gradients that are held at once.
const BYTES = 2 ** 31;

/** What sources wrote in one run: by source, then by position, its numbers. */
export interface Written {
  readonly width: number;
  readonly sources: readonly Float32Array[];
}

/** A pair's edges. */
export interface ScoredPair {
  readonly pair: Pair;
  readonly places: readonly Place[];
  readonly edges: EdgeNumbers;
  /** By number of the edge: by how much it moves the logit difference, the counterfactual's less the question's. */
  readonly scores: Float64Array;
  /** Logit differences of the two runs. */
  readonly differences: KeptPair["differences"];
  /** What was written in the counterfactual's run. */
  readonly other: Written;
}

/** A pair takes two forwards, and eight gradients: a forward and a way back each. Those of all pairs are rows of common batches. */
export async function scorePairs(model: CodiModel, pairs: readonly Pair[]): Promise<ScoredPair[]> {
  const most = pairsAtOnce(model, pairs);
  const found: ScoredPair[] = [];
  for (let first = 0; first < pairs.length; first += most)
    found.push(...(await scoreSome(model, pairs.slice(first, first + most))));
  return found;
}

/** As many as have room for what their heads wrote and for the gradients of all their steps. */
function pairsAtOnce({ config }: CodiModel, pairs: readonly Pair[]): number {
  const { layers, dModel, heads } = config;
  const longest = pairs.reduce((most, { clean }) => Math.max(most, clean.layout.length), 0);
  const bytes = 4 * dModel * layers * longest * (2 * (heads + 1) + 2 * 2 * INTEGRATED_STEPS);
  return Math.max(1, Math.floor(BYTES / bytes));
}

async function scoreSome(model: CodiModel, pairs: readonly Pair[]): Promise<ScoredPair[]> {
  const { layers: depth, heads } = model.config;
  const runs = await writtenRuns(model, pairs);
  const steps = pairs.flatMap((pair, i): InputStep[] => {
    const [base, source] = [runs[i], runs[pairs.length + i]];
    if (base === undefined || source === undefined) throw new RangeError("A pair has no run");
    // The last step is the base itself.
    return [...stepsBefore(wayTo(source.captures, base.captures, pair)), []].map((interventions) => ({
      pair,
      interventions,
    }));
  });
  const gradients = await gradientsOf(model, steps, { at: streamSites(depth), budgetBytes: BYTES });
  return pairs.map((pair, i): ScoredPair => {
    const [base, source] = [runs[i], runs[pairs.length + i]] as [RunResult, RunResult];
    const places = placesOf(model, pair);
    const edges = new EdgeNumbers({ depth, heads }, places.length);
    const mine = gradients.slice(i * INTEGRATED_STEPS, (i + 1) * INTEGRATED_STEPS);
    const length = lengthOf(places);
    const [own, other] = [writtenIn(base.captures, { depth, length }), writtenIn(source.captures, { depth, length })];
    return {
      pair,
      places,
      edges,
      scores: scoresOf({ own, other, slopes: slopesOf(mine, { depth, size: length * own.width }), edges, places }),
      differences: {
        clean: mine.at(-1)?.value ?? Number.NaN,
        counterfactual: differenceOf(source, "counterfactual"),
      },
      other,
    };
  });
}

/** Both runs of each pair, with what their components wrote: the questions' own first. */
function writtenRuns(model: CodiModel, pairs: readonly Pair[]): Promise<RunResult[]> {
  const both = [
    ...pairs.map((pair) => ({ run: pair.clean, contrast: contrastOf(pair, "clean") })),
    ...pairs.map((pair) => ({ run: pair.counterfactual, contrast: contrastOf(pair, "counterfactual") })),
  ];
  return model.runBatch(
    both.map(({ run }) => run.question),
    {
      maxNewTokens: pairs.reduce((most, { parts }) => Math.max(most, parts + 1), 1),
      knownAnswers: both.map(({ run }) => run.answer.ids),
      contrasts: both.map(({ contrast }) => contrast),
      capture: [INPUT, "blocks.*.attn.hook_result", "blocks.*.hook_mlp_out"],
      captureBudgetBytes: BYTES,
    },
  );
}

type SiteOf = Parameters<Captures["get"]>[0];

/** What a run's components wrote at its first so many positions. */
function writtenIn(
  captures: Captures,
  { depth, length }: { readonly depth: number; readonly length: number },
): Written {
  const read = (site: string): { readonly data: Float32Array; readonly shape: readonly number[] } =>
    captures.get(site as SiteOf);
  const width = read(INPUT).shape.at(-1) ?? 0;
  const whole = (site: string): Float32Array => checked(read(site).data.slice(0, length * width), length * width);
  return {
    width,
    sources: [
      whole(INPUT),
      ...range(depth).flatMap((block) => [
        ...headsOf(read(`blocks.${block}.attn.hook_result`), { length, width }),
        whole(`blocks.${block}.hook_mlp_out`),
      ]),
    ],
  };
}

function headsOf(
  { data, shape }: { readonly data: Float32Array; readonly shape: readonly number[] },
  { length, width }: { readonly length: number; readonly width: number },
): Float32Array[] {
  const heads = shape.at(-2) ?? 0;
  return range(heads).map((head) => {
    const own = new Float32Array(length * width);
    for (let position = 0; position < length; position++) {
      const from = (position * heads + head) * width;
      own.set(checked(data.subarray(from, from + width), width), position * width);
    }
    return own;
  });
}

function checked(values: Float32Array, size: number): Float32Array {
  if (values.length === size) return values;
  throw new UsageError("A run of a pair ended before the two answers part", "report this");
}

/** The stream before and after each block's attention, and after the last block. */
function streamSites(depth: number): string[] {
  return ["blocks.*.hook_resid_pre", "blocks.*.hook_resid_mid", `blocks.${depth - 1}.hook_resid_post`];
}

/** By target, the mean gradient by what it reads: what the stream's gradient loses from before it to behind it. */
function slopesOf(
  steps: readonly { readonly gradients: Captures }[],
  { depth, size }: { readonly depth: number; readonly size: number },
): Float64Array[] {
  const mean = (site: string): Float64Array => {
    const sum = new Float64Array(size);
    for (const { gradients } of steps) {
      const { data } = gradients.get(site as SiteOf);
      for (let i = 0; i < size; i++) sum[i] = (sum[i] ?? 0) + (data[i] ?? 0) / steps.length;
    }
    return sum;
  };
  const last = mean(`blocks.${depth - 1}.hook_resid_post`);
  const stream = [
    ...range(depth).flatMap((block) => [
      mean(`blocks.${block}.hook_resid_pre`),
      mean(`blocks.${block}.hook_resid_mid`),
    ]),
    last,
  ];
  return [
    ...stream.slice(0, -1).map((before, i) => before.map((value, at) => value - (stream[i + 1]?.[at] ?? 0))),
    last,
  ];
}

function scoresOf({
  own,
  other,
  slopes,
  edges,
  places,
}: {
  readonly own: Written;
  readonly other: Written;
  readonly slopes: readonly Float64Array[];
  readonly edges: EdgeNumbers;
  readonly places: readonly Place[];
}): Float64Array {
  const { width } = own;
  const scores = new Float64Array(edges.count);
  for (const [source, before] of own.sources.entries()) {
    const after = other.sources[source];
    const change = Float64Array.from(before, (value, i) => (after?.[i] ?? 0) - value);
    for (const [target, slope] of slopes.entries()) {
      if (source >= (edges.before[target] ?? 0)) continue;
      for (const [place, { positions }] of places.entries()) {
        let sum = 0;
        for (const position of positions)
          for (let i = position * width; i < (position + 1) * width; i++) sum += (change[i] ?? 0) * (slope[i] ?? 0);
        scores[edges.at({ target, source, place })] = sum;
      }
    }
  }
  return scores;
}
