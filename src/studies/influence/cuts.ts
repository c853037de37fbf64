/** What cutting attention from latent to latent does to the latents' inputs, measured where derivatives are. */

import { range } from "../../base/range.js";
import { parseIntervention } from "../../model/hooks/interventions.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Condition } from "../../model/latent/run-types.js";
import { lengthOf } from "./norms.js";
import { type PairMap, pairMap } from "./record.js";
import { INPUT, rowAt } from "./sites.js";

/** `[to][from]`: the relative change of latent `to`'s input when latent `to - 1` cannot read `from`; null where `from` is that latent itself. */
export async function cutChanges(model: CodiModel, question: string): Promise<PairMap> {
  const { numLatents } = model.codi;
  const pairs = range(numLatents).flatMap((to) => range(Math.max(0, to - 1)).map((from) => ({ to, from })));
  if (pairs.length === 0) return pairMap(numLatents, () => null);
  const conditions = [
    { name: "baseline", interventions: [] },
    ...pairs.map(({ to, from }): Condition => {
      const reader = `latent.${to - 1}`;
      const text = `knockout(${reader}→latent.${from}):blocks.*.attn.hook_pattern@${reader}`;
      return { name: text, interventions: [parseIntervention(text)] };
    }),
  ];
  const [[clean, ...cut] = []] = await model.runConditions([question], conditions, {
    capture: [INPUT],
    maxNewTokens: 1,
  });
  const inputOf = (run: typeof clean, latent: number): Float32Array =>
    run === undefined ? new Float32Array() : rowAt(run.captures.get(INPUT), latent);
  const changes = pairs.map(({ to }, place) => {
    const [before, after] = [inputOf(clean, to), inputOf(cut[place], to)];
    const length = lengthOf(before);
    return length === 0 ? 0 : lengthOf(after.map((value, i) => value - (before[i] ?? 0))) / length;
  });
  return pairMap(numLatents, (to, from) => changes[pairs.findIndex((p) => p.to === to && p.from === from)] ?? null);
}
