/** Scores of edges over all pairs, what goes through the projection, and what circuits of the strongest edges keep. */

import { range } from "../../base/range.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import type { KeptPair, Patched } from "../patching/record.js";
import { countedReasons } from "../shared/reasons.js";
import { fieldOf, type StudyRecord } from "../shared/rows.js";
import { type CircuitsSummary, circuitsSummary } from "./circuit-summary.js";
import type { EdgeNumbers, Source, Target } from "./graph.js";
import { isLatent, latentAfter, readerName, writerName } from "./names.js";
import { circuitsOf, type KeptScores, scoresOf, unpackedScores } from "./record.js";

/** One edge over all pairs. */
export interface MeanEdge {
  readonly source: Source;
  readonly target: Target;
  readonly place: string;
  /** What they are called. */
  readonly from: string;
  readonly to: string;
  /** Pairs that have the place. */
  readonly pairs: number;
  /** Of the change of the logit difference: 1 all the way to the counterfactual's. */
  readonly score: number;
}

/** One of the strongest. */
export interface StrongEdge extends Pick<MeanEdge, "from" | "to" | "place"> {
  readonly score: Estimate;
}

/** The study. */
export interface EdgesSummary {
  /** Pairs whose edges were scored. */
  readonly pairs: number;
  readonly dropped: readonly { readonly reason: string; readonly count: number }[];
  /** Edges of a pair, as a mean. */
  readonly edgesEach: number;
  /** By the size of their mean. */
  readonly strongest: readonly StrongEdge[];
  /** Of the sum of all sizes, the shares of edges that a projection reads, and of those that carry what it wrote. */
  readonly projection: { readonly read: Estimate; readonly written: Estimate };
  /**
   * Sum of the sizes of what a projection reads at BOT or a latent: where the head's first choice there differs between the two runs, and
   * where it is the same. The unit is the pair.
   */
  readonly carrying: { readonly differs: Estimate; readonly same: Estimate };
  /** Null where no circuit was run. */
  readonly circuits: CircuitsSummary | null;
  /** All edges with a mean of at least `LEAST`, the strongest first. */
  readonly edges: readonly MeanEdge[];
}

/** Smaller means are in no file. */
export const LEAST = 1e-4;
/** Edges that are named. */
const STRONGEST = 20;

/** A pair's scores. */
interface ScoredPair {
  readonly pair: KeptPair;
  readonly places: readonly string[];
  readonly edges: EdgeNumbers;
  readonly values: Float64Array;
}

/** @returns null where the study was not run. */
export function edgesSummary(records: readonly StudyRecord[], seed: number): EdgesSummary | null {
  if (records.length === 0) return null;
  const pairs = records.flatMap((record) => {
    const [pair, kept] = [pairIn(record), scoresOf(record)];
    return pair?.status === "kept" && kept !== undefined ? [scoredPair(pair, kept)] : [];
  });
  const edges = meanEdges(pairs);
  const shares = pairs.map(projectionOf);
  const over = (values: readonly (number | null)[]): Estimate =>
    meanEstimate(
      values.filter((value) => value !== null),
      seed,
    );
  return {
    pairs: pairs.length,
    dropped: droppedOf(records),
    edgesEach:
      pairs.length === 0 ? 0 : Math.round(pairs.reduce((sum, each) => sum + each.edges.count, 0) / pairs.length),
    strongest: edges.slice(0, STRONGEST).map(({ from, to, place, at }) => ({
      ...{ from, to, place },
      score: over(pairs.map((pair) => scoreIn(pair, { ...at, place }))),
    })),
    projection: { read: over(shares.map(({ read }) => read)), written: over(shares.map(({ written }) => written)) },
    carrying: {
      differs: over(pairs.map((pair) => carried(pair, true))),
      same: over(pairs.map((pair) => carried(pair, false))),
    },
    circuits: circuitsSummary(
      records.flatMap((record) => {
        const circuits = circuitsOf(record);
        return circuits === undefined ? [] : [{ level: record.problem.difficulty ?? "", circuits }];
      }),
      seed,
    ),
    edges: edges.map(({ at: _, ...edge }) => edge),
  };
}

function pairIn(record: StudyRecord): Patched["pair"] | undefined {
  return fieldOf<Patched["pair"]>(record, "pair");
}

function droppedOf(records: readonly StudyRecord[]): EdgesSummary["dropped"] {
  const why = new Map<string, string>();
  for (const record of records) {
    const pair = pairIn(record);
    if (pair?.status === "dropped") why.set(record.problem.id, pair.reason);
  }
  return countedReasons([...why.values()]);
}

function scoredPair(pair: KeptPair, kept: KeptScores): ScoredPair {
  return { pair, places: kept.places, ...unpackedScores(kept) };
}

/** An edge without its numbers. */
interface EdgeAt {
  readonly target: number;
  readonly source: number;
  readonly place: string;
}

/** Null where the pair has no such place. */
function scoreIn({ places, edges, values }: ScoredPair, { target, source, place }: EdgeAt): number | null {
  const at = places.indexOf(place);
  return at < 0 ? null : (values[edges.at({ target, source, place: at })] ?? 0);
}

function meanEdges(pairs: readonly ScoredPair[]): (MeanEdge & { readonly at: Omit<EdgeAt, "place"> })[] {
  const [first] = pairs;
  if (first === undefined) return [];
  const places = [...new Set(pairs.flatMap((pair) => pair.places))];
  const latents = places.filter(isLatent);
  const { sources, targets, before } = first.edges;
  const found = places.flatMap((place) => {
    const having = pairs.filter((pair) => pair.places.includes(place));
    return targets.flatMap((target, t) =>
      range(before[t] ?? 0).flatMap((s) => {
        const source = sources[s];
        const sum = having.reduce((all, pair) => all + (scoreIn(pair, { target: t, source: s, place }) ?? 0), 0);
        if (source === undefined || Math.abs(sum) < LEAST * having.length) return [];
        return [
          {
            ...{ source, target, place, pairs: having.length, score: sum / having.length },
            ...{ from: writerName(source, place), to: readerName(target, { place, latents }) },
            at: { target: t, source: s },
          },
        ];
      }),
    );
  });
  return found.sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
}

/** Null where nothing moves. */
function projectionOf(pair: ScoredPair): { readonly read: number | null; readonly written: number | null } {
  const { places, edges, values } = pair;
  const latents = places.filter(isLatent);
  let [all, read, written] = [0, 0, 0];
  for (const [t, target] of edges.targets.entries())
    for (let s = 0; s < (edges.before[t] ?? 0); s++)
      for (const [p, place] of places.entries()) {
        const size = Math.abs(values[edges.at({ target: t, source: s, place: p })] ?? 0);
        all += size;
        if (target.kind === "output" && latentAfter(place, latents) !== null) read += size;
        if (s === 0 && isLatent(place)) written += size;
      }
  return all === 0 ? { read: null, written: null } : { read: read / all, written: written / all };
}

/** Mean over the positions whose first choice differs, or does not; null where there is none. */
function carried({ pair, places, edges, values }: ScoredPair, wanted: boolean): number | null {
  const latents = places.filter(isLatent);
  const output = edges.targets.length - 1;
  const sums = pair.lens.clean.flatMap((said, i) => {
    const place = i === 0 ? "bot" : (latents[i - 1] ?? "");
    const at = places.indexOf(place);
    if (at < 0 || latentAfter(place, latents) === null || (said !== pair.lens.counterfactual[i]) !== wanted) return [];
    return [
      range(edges.before[output] ?? 0).reduce(
        (sum, s) => sum + Math.abs(values[edges.at({ target: output, source: s, place: at })] ?? 0),
        0,
      ),
    ];
  });
  return sums.length === 0 ? null : sums.reduce((sum, value) => sum + value, 0) / sums.length;
}
