/** Pairs of runs whose states are exchanged at some positions, and how such an exchange is written. */

import { range } from "../../base/range.js";
import type { SiteName } from "../../model/hooks/names.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { KeptPair } from "../patching/record.js";
import type { PatchRow } from "../patching/summary.js";
import { fieldOf, type StudyRecord } from "../shared/rows.js";

/** Name of the run that is exchanged from. */
export const SOURCE = "other";

/** Where is exchanged: a block's output at some positions. */
export interface SwapPlace {
  readonly block: number;
  /** Names of single positions: `bot`, `latent.2`. */
  readonly positions: readonly string[];
}

/** A pair of a question and its counterpart, as the study's records have it. */
export interface RecordedPair {
  readonly id: string;
  readonly question: string;
  readonly pair: KeptPair;
  /** Of each block whose whole state was exchanged: whether the answer became the other run's. */
  readonly moved: ReadonlyMap<number, boolean>;
}

/** One direction of a pair: a question, and the run whose component is written into its own. */
export interface Swap {
  readonly question: string;
  /** Both with the blocks' outputs captured. */
  readonly own: RunResult;
  readonly source: RunResult;
  /** The source's answer as far as the token in which the two part, teacher-forced after EOT. */
  readonly ids: readonly number[];
  /** The source's number. */
  readonly number: number;
}

/** Both directions of a pair. */
export interface SwapPair {
  readonly recorded: RecordedPair;
  /** The counterpart's into the question's run, and back. */
  readonly swaps: readonly [there: Swap, back: Swap];
}

/** BOT and all latents. */
export function exchangedPositions(latents: number): string[] {
  return ["bot", ...range(latents).map((k) => `latent.${k}`)];
}

/** The pairs of the study's records, in their order. */
export function recordedPairs(records: readonly StudyRecord[]): RecordedPair[] {
  return records.flatMap((record) => {
    const pair = fieldOf<PatchRow["pair"]>(record, "pair");
    const map = fieldOf<PatchRow["map"]>(record, "map") ?? null;
    if (pair?.status !== "kept" || map === null) return [];
    const { id, question } = record.problem;
    const [numbers = []] = map.numbers;
    const moved = map.columns.map((column, i) => [Number(column), numbers[i] === pair.numbers.counterfactual] as const);
    return [{ id, question, pair, moved: new Map(moved) }];
  });
}

/** Runs both questions of every pair, and keeps the outputs of some blocks. */
export async function swapPairs(
  model: CodiModel,
  pairs: readonly RecordedPair[],
  { blocks }: { readonly blocks: readonly number[] },
): Promise<SwapPair[]> {
  const capture = blocks.map((block) => siteOf({ block }));
  const run = async (questions: readonly string[]): Promise<RunResult[]> => [
    ...(await model.runBatch([...questions], { capture, captureBudgetBytes: CAPTURE_BYTES })),
  ];
  const own = await run(pairs.map(({ question }) => question));
  const others = await run(pairs.map(({ pair }) => pair.question));
  return pairs.flatMap((recorded, i) => {
    const [clean, other] = [own[i], others[i]];
    if (clean === undefined || other === undefined) return [];
    const parts = clean.answer.ids.findIndex((id, at) => id !== other.answer.ids[at]);
    const swap = (from: RunResult, { to, number }: { readonly to: RunResult; readonly number: number }): Swap => ({
      question: to.question,
      ...{ own: to, source: from, number },
      ids: from.answer.ids.slice(0, parts + 1),
    });
    const { numbers } = recorded.pair;
    return [
      {
        recorded,
        swaps: [
          swap(other, { to: clean, number: numbers.counterfactual }),
          swap(clean, { to: other, number: numbers.clean }),
        ],
      },
    ];
  });
}

const CAPTURE_BYTES = 2 ** 31;

/** A block's output. */
export function siteOf({ block }: Pick<SwapPlace, "block">): SiteName {
  return `blocks.${block}.hook_resid_post`;
}

/** What stood at a position of a run. */
export function stateAt(
  { captures }: RunResult,
  { block, position }: { readonly block: number; readonly position: string },
): Float32Array {
  return captures.at(siteOf({ block }), position as "bot").data as Float32Array;
}

/** The intervention that writes the source's component in `basis` over a run's own. */
export function swapAt(place: SwapPlace, basis: string): string {
  return `swap(${basis},${SOURCE}):${siteOf(place)}@${place.positions.join(",")}`;
}

/** The intervention that writes the source's whole states. */
export function wholeAt(place: SwapPlace): string {
  return `patch(${SOURCE}):${siteOf(place)}@${place.positions.join(",")}`;
}
