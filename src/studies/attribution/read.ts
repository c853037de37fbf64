/** Predicts the cells of one batch, and patches those of the pairs that are drawn. */

import { isDrawn } from "../patching/grid.js";
import type { Pair } from "../patching/pairs.js";
import { patchPair } from "../patching/patch-maps.js";
import { computedOf, knownPairs } from "../patching/read.js";
import type { ComputeContext, Computed } from "../read-context.js";
import { predictPairs } from "./predict.js";
import { story } from "./story.js";

const NOT_DRAWN = { status: "not drawn" } as const;

/** @returns `[problem][condition]`. Why a pair is dropped is shown once. */
export async function attributedMaps({ model, problems, conditions, facts }: ComputeContext): Promise<Computed[][]> {
  const maps = conditions.flatMap(({ patch }) => patch ?? []);
  const predicted = maps.filter(({ by }) => by !== undefined);
  const exactOf = (index: number): typeof maps =>
    maps.filter((map) => map.by === undefined && isDrawn(map, { index, problems: facts.problems }));
  const asked = problems.filter(({ index }) => predicted.length > 0 || exactOf(index).length > 0);
  const found = await knownPairs(model, asked, { ...facts, study: story.name });
  const pairs = new Map(asked.map((problem, i) => [problem, found[i]]));
  const kept = found.filter((pair): pair is Pair => pair.kind === "kept");
  const guesses = await predictPairs(model, kept, { maps: predicted });
  const computed: Computed[][] = [];
  for (const problem of problems) {
    const pair = pairs.get(problem);
    const exact = exactOf(problem.index);
    if (pair?.kind !== "kept") {
      const why = pair === undefined ? NOT_DRAWN : ({ status: "dropped", reason: pair.reason } as const);
      computed.push(maps.map((_, place) => computedOf(null, place, why)));
      continue;
    }
    const patched = exact.length === 0 ? null : await patchPair(model, pair, { ...facts, maps: exact });
    const guess = guesses[kept.indexOf(pair)] ?? null;
    computed.push(
      maps.map((map) =>
        map.by === undefined
          ? computedOf(patched, exact.indexOf(map), NOT_DRAWN)
          : computedOf(guess, predicted.indexOf(map), NOT_DRAWN),
      ),
    );
  }
  return computed;
}
