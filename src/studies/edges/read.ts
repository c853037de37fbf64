/** Scores the edges of one batch, and runs circuits of the pairs that are drawn for it. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import { isDrawn, type PatchMap } from "../patching/grid.js";
import type { Pair } from "../patching/pairs.js";
import { keptPair } from "../patching/patch-maps.js";
import { knownPairs } from "../patching/read.js";
import type { ComputeContext, Computed } from "../read-context.js";
import { measuredCircuits } from "./measure.js";
import { type KeptCircuits, type KeptScores, packedScores } from "./record.js";
import { type ScoredPair, scorePairs } from "./scores.js";
import { story } from "./story.js";

/** @returns `[problem][condition]`. Why a pair is dropped is shown once. */
export async function scoredEdges({ model, problems, conditions, facts }: ComputeContext): Promise<Computed[][]> {
  const maps = conditions.flatMap(({ patch }) => patch ?? []);
  const drawn = (index: number): PatchMap[] => maps.filter((map) => isDrawn(map, { index, problems: facts.problems }));
  const asked = problems.filter(({ index }) => drawn(index).length > 0);
  const pairs = await knownPairs(model, asked, { ...facts, study: story.name });
  const scored = await scorePairs(
    model,
    pairs.filter((pair): pair is Pair => pair.kind === "kept"),
  );
  const found: Computed[][] = [];
  for (const problem of problems) {
    const pair = pairs[asked.indexOf(problem)];
    const own = scored.find((each) => each.pair === pair);
    const mine = drawn(problem.index);
    const computed: Computed[] = [];
    for (const map of maps)
      computed.push(
        pair === undefined || !mine.includes(map)
          ? { patched: { pair: { status: "not drawn" }, map: null } }
          : pair.kind === "dropped" || own === undefined
            ? {
                patched: { pair: { status: "dropped", reason: pair.kind === "dropped" ? pair.reason : "" }, map: null },
              }
            : await computedOf(model, own, { map, seed: facts.seed }),
      );
    found.push(computed);
  }
  return found;
}

async function computedOf(
  model: CodiModel,
  scored: ScoredPair,
  { map, seed }: { readonly map: PatchMap; readonly seed: number },
): Promise<Computed> {
  const { pair, scores, differences } = scored;
  if (!scores.every(Number.isFinite))
    return { error: { name: "NumericError", message: `${story.name}: a score is not finite` } };
  const kept: { readonly scores: KeptScores } | { readonly circuits: KeptCircuits } =
    map.by === undefined
      ? { circuits: await measuredCircuits(model, scored, { seed }) }
      : { scores: scoresKept(model, scored) };
  return { patched: { pair: keptPair(model, pair, differences), map: null, kept: { [story.name]: kept } } };
}

function scoresKept({ config }: CodiModel, { scores, edges, places, differences }: ScoredPair): KeptScores {
  return {
    depth: config.layers,
    heads: config.heads,
    places: places.map(({ name }) => name),
    scores: packedScores(scores, { edges, change: differences.counterfactual - differences.clean }),
  };
}
