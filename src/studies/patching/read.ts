/** Runs the maps of one batch, pair by pair. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import type { ComputeContext, Computed, DraftedProblem, RunFacts } from "../read-context.js";
import { type Dropped, type Pair, type PairDraft, pairsOf } from "./pairs.js";
import { type PatchedPair, patchPair } from "./patch-maps.js";
import type { Patched } from "./record.js";

/** @param study that asks. @returns `[problem][map]`. Why a pair is dropped is shown once. */
export async function patchedMaps(
  study: string,
  { model, problems, conditions, facts }: ComputeContext,
): Promise<Computed[][]> {
  const maps = conditions.flatMap(({ patch }) => patch ?? []);
  const found: Computed[][] = [];
  for (const pair of await knownPairs(model, problems, { ...facts, study })) {
    const patched = pair.kind === "dropped" ? null : await patchPair(model, pair, { ...facts, maps });
    const reason = pair.kind === "dropped" ? pair.reason : "";
    found.push(maps.map((_, place) => computedOf(patched, place, { status: "dropped", reason })));
  }
  return found;
}

/** One map of a pair as its record has it. @param without why there is none, where there is none. */
export function computedOf(found: PatchedPair | null, place: number, without: Patched["pair"]): Computed {
  const outcome = found?.maps[place];
  if (found === null || outcome === undefined) return { patched: { pair: without, map: null } };
  if ("error" in outcome) return outcome;
  const { map, kept } = outcome;
  return { patched: { ...(kept === undefined ? {} : { kept }), pair: found.pair, map } };
}

const known = new WeakMap<CodiModel, Map<string, Pair | Dropped>>();

/** A problem's maps may be computed in several parts, and its pair is the same for all of them. @param facts with the study that asks. */
export async function knownPairs(
  model: CodiModel,
  problems: readonly DraftedProblem[],
  { notice, maxNewTokens, study }: RunFacts & { readonly study: string },
): Promise<(Pair | Dropped)[]> {
  const pairs = known.get(model) ?? new Map<string, Pair | Dropped>();
  known.set(model, pairs);
  const drafted = problems.map(({ problem, draft }) => ({ problem, draft: draft as PairDraft }));
  const keyOf = (each: (typeof drafted)[number]): string =>
    JSON.stringify([each.problem.question, each.draft, maxNewTokens]);
  const unknown = drafted.filter((each) => !pairs.has(keyOf(each)));
  for (const [i, pair] of (await pairsOf(model, unknown, { maxNewTokens })).entries()) {
    const item = unknown[i];
    if (item === undefined) continue;
    pairs.set(keyOf(item), pair);
    // Its record and the report say which; a notice is shown once.
    if (pair.kind === "dropped") notice(`${study}: nothing is patched where ${pair.reason}`);
  }
  return drafted.map((each) => {
    const pair = pairs.get(keyOf(each));
    if (pair === undefined) throw new RangeError(`Problem "${each.problem.id}" has no pair`);
    return pair;
  });
}
