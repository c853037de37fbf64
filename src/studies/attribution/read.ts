/** Predicts and patches the cells of one batch, pair by pair. */

import { patchPair } from "../patching/patch-maps.js";
import { knownPairs } from "../patching/read.js";
import type { ComputeContext, Computed } from "../read-context.js";
import { predictMaps } from "./predict.js";
import { story } from "./story.js";

/** @returns `[problem][condition]`. Why a pair is dropped is shown once. */
export async function attributedMaps({ model, problems, conditions, facts }: ComputeContext): Promise<Computed[][]> {
  const maps = conditions.flatMap(({ patch }) => patch ?? []);
  const exact = maps.filter(({ by }) => by === undefined);
  const predicted = maps.filter(({ by }) => by !== undefined);
  const found: Computed[][] = [];
  for (const pair of await knownPairs(model, problems, { ...facts, study: story.name })) {
    if (pair.kind === "dropped") {
      const { reason } = pair;
      found.push(maps.map(() => ({ patched: { pair: { status: "dropped", reason }, map: null } })));
      continue;
    }
    const patched = await patchPair(model, pair, { ...facts, maps: exact });
    const guessed = await predictMaps(model, pair, { maps: predicted, differences: patched.pair.differences });
    found.push(
      maps.map((map): Computed => {
        const outcome = map.by === undefined ? patched.maps[exact.indexOf(map)] : guessed[predicted.indexOf(map)];
        if (outcome === undefined) throw new RangeError("A map was not computed");
        return "error" in outcome ? outcome : { patched: { pair: patched.pair, map: outcome.map } };
      }),
    );
  }
  return found;
}
