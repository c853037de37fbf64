/** Which tokens are fed after EOT. */

import { UsageError } from "../../../base/errors.js";
import type { DerivativeOptions, Metric } from "./types.js";

/** @param question its number, and its metric in reverse mode. @throws UsageError where a log-probability is not of what is fed. */
export function answerOf(
  { answer }: DerivativeOptions,
  { number, metric }: { readonly number: number; readonly metric: Metric | null },
): readonly number[] {
  const fed = typeof answer === "function" ? answer(number) : answer;
  const needed = metric?.kind === "log-probability" ? idsOf(metric).slice(0, -1) : [];
  if (fed === undefined) return needed;
  const wrong = needed.findIndex((id, place) => id !== fed[place]);
  if (wrong >= 0)
    throw new UsageError(
      `The log-probability is of ids that begin with ${JSON.stringify(needed)}, and fed are ${JSON.stringify(fed)}`,
      "give the same ids in answer, or leave answer out",
    );
  return fed;
}

function idsOf({ ids }: Extract<Metric, { kind: "log-probability" }>): readonly number[] {
  if (Array.isArray(ids) && ids.length > 0) return ids;
  throw new UsageError("A log-probability of no ids", "give the answer's token ids in ids");
}
