/** What one backward pass says of a problem's conditions, as records keep it: predictions, or why there is no gradient. */

import { z } from "zod";
import { counted } from "../../exhibits/number-text.js";
import { keptOf } from "./kept.js";
import { type CountedReason, countedReasons } from "./reasons.js";
import type { StudyRecord } from "./rows.js";

/** Predictions of a study, or why there are none. */
export type KeptPrediction<T> = { readonly predicted: T } | { readonly unpredicted: string };

/** @param schema of the predictions. */
export function predictionSchema<T>(schema: z.ZodType<T>): z.ZodType<KeptPrediction<T>> {
  return z.union([z.strictObject({ predicted: schema }), z.strictObject({ unpredicted: z.string() })]);
}

/** @returns what a record holds of it; undefined where it holds nothing. @throws RunFolderError where it is damaged. */
export function keptPrediction<T>(
  record: StudyRecord,
  { study, schema }: { readonly study: string; readonly schema: z.ZodType<KeptPrediction<T>> },
): KeptPrediction<T> | undefined {
  return keptOf(record, { study, schema, what: "predictions" });
}

/** @returns by problem what was predicted, of those that have it. */
export function predictionsByProblem<T>(
  records: readonly StudyRecord[],
  of: (record: StudyRecord) => KeptPrediction<T> | undefined,
): ReadonlyMap<string, T> {
  return new Map(
    records.flatMap((record): [string, T][] => {
      const kept = of(record);
      return kept !== undefined && "predicted" in kept ? [[record.problem.id, kept.predicted]] : [];
    }),
  );
}

/** @param what one of them is called: `problem`. @returns empty where every one has a gradient, else with a blank before it. */
export function unpredictedSentence(kept: readonly (KeptPrediction<unknown> | undefined)[], what: string): string {
  return noGradientSentence(unpredictedReasons(kept), what);
}

/** Why some have no gradient, counted. */
export function unpredictedReasons(kept: readonly (KeptPrediction<unknown> | undefined)[]): readonly CountedReason[] {
  return countedReasons(kept.flatMap((each) => (each !== undefined && "unpredicted" in each ? each.unpredicted : [])));
}

/** The same of reasons that are counted already. */
export function noGradientSentence(reasons: readonly CountedReason[], what: string): string {
  if (reasons.length === 0) return "";
  const lost = reasons.reduce((sum, { count }) => sum + count, 0);
  const why = reasons.map(({ reason, count }) => `${count}: ${reason}`);
  return ` No gradient could be taken of ${counted(lost, what)} (${why.join("; ")}).`;
}
