/** The records of the study `patching` for one batch, pair by pair. */

import { failedRecord, patchedRecord, type RecordSubject } from "../../experiments/jobs/make-record.js";
import type { Setup } from "../../experiments/plan/plan.js";
import type { Problem } from "../../experiments/problems/problem.js";
import type { ComputedItem, Numbered } from "../../experiments/work/isolation.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { StudyCondition } from "../study.js";
import { type Dropped, type Pair, pairsOf } from "./pairs.js";
import { patchPair } from "./patch-maps.js";

/**
 * @param chosen conditions and their places; those without `patch` are passed over.
 * @param notice told of the pairs that are dropped, once.
 */
export async function patchedItems(
  model: CodiModel,
  setup: Setup,
  problems: readonly Numbered[],
  chosen: readonly { readonly condition: StudyCondition; readonly at: number }[],
  subjectOf: (item: Numbered, at: number) => RecordSubject | null,
  notice: (text: string) => void,
): Promise<ComputedItem[]> {
  const places = chosen.flatMap(({ condition: { patch }, at }) => (patch === undefined ? [] : [{ patch, at }]));
  if (places.length === 0) return [];
  const pairs = await knownPairs(model, setup, problems, notice);
  const items: ComputedItem[] = [];
  for (const [i, item] of problems.entries()) {
    const pair = pairs[i];
    if (pair === undefined) continue;
    const patched =
      pair.kind === "dropped"
        ? null
        : await patchPair(
            model,
            pair,
            places.map(({ patch }) => patch),
            setup,
          );
    for (const [place, { at }] of places.entries()) {
      const subject = subjectOf(item, at);
      const outcome = patched?.maps[place];
      if (subject === null) continue;
      const record =
        outcome !== undefined && "error" in outcome
          ? failedRecord(subject, outcome.error)
          : patchedRecord(subject, {
              pair: patched?.pair ?? { status: "dropped", reason: pair.kind === "dropped" ? pair.reason : "" },
              map: outcome?.map ?? null,
            });
      items.push({ index: item.index, at, record });
    }
  }
  return items;
}

const known = new WeakMap<CodiModel, WeakMap<Problem, Pair | Dropped>>();

/** A problem's maps may be parted, and its pair is the same for all of them. */
async function knownPairs(
  model: CodiModel,
  setup: Setup,
  problems: readonly Numbered[],
  notice: (text: string) => void,
): Promise<(Pair | Dropped | undefined)[]> {
  const pairs = known.get(model) ?? new WeakMap<Problem, Pair | Dropped>();
  known.set(model, pairs);
  const unknown = problems.map(({ problem }) => problem).filter((problem) => !pairs.has(problem));
  for (const [i, pair] of (await pairsOf(model, setup, unknown)).entries()) {
    const problem = unknown[i];
    if (problem === undefined) continue;
    pairs.set(problem, pair);
    if (pair.kind === "dropped") notice(`patching: no pair for problem "${problem.id}": ${pair.reason}`);
  }
  return problems.map(({ problem }) => pairs.get(problem));
}
