/** How much attention a knockout takes away: what the reader paid, in the baseline, to the positions that are cut. */

import type { Intervention } from "../../model/hooks/interventions.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { StudyFields } from "../fields.js";

/** @returns a part of the record; nothing of a reader whose attention was not kept (the answer's tokens). @param interventions one knockout. */
export function cutAttentionOf(
  interventions: readonly Intervention[],
  { reading }: Pick<RunResult, "reading">,
): Pick<StudyFields, "cutAttention"> {
  const [operation, ...more] = interventions.map((each) => each.operation);
  if (operation?.kind !== "knockout" || more.length > 0) return {};
  const cut = new Set(operation.to.split("+"));
  const layers = [...reading].sort(([a], [b]) => a - b);
  const shares = layers.flatMap(([, { readers, keys, heads, values }]) => {
    const reader = readers.indexOf(operation.from);
    if (reader < 0) return [];
    let sum = 0;
    for (const [column, key] of keys.entries())
      if (cut.has(key))
        for (let head = 0; head < heads; head++) sum += values[(reader * heads + head) * keys.length + column] ?? 0;
    return [Number((sum / heads).toPrecision(5))];
  });
  return shares.length === 0 ? {} : { cutAttention: shares };
}
