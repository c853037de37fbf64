/** One part of a batch as the guard sees it: what is computed for it, and the records that it becomes. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import { layerLenses } from "../../studies/lens/read.js";
import { patchedItems } from "../../studies/patching/read.js";
import { readResiduals } from "../../studies/residual/read.js";
import type { Setup } from "../plan/plan.js";
import type { BatchTask, Numbered } from "../work/isolation.js";
import { resultsOf } from "./batch-results.js";
import { failedRecord, makeRecord, type RecordSubject } from "./make-record.js";

/** What is computed together: `Part` with its problems themselves, and its number within the run. */
export interface TaskPart {
  readonly part: number;
  readonly problems: readonly Numbered[];
  /** Places of the conditions whose records come of it. */
  readonly conditions: readonly number[];
}

/** @param keys of each problem's records. @param notice told of what is left out. */
export function batchTask(
  model: CodiModel,
  setup: Setup,
  { keys }: { readonly keys: readonly (readonly string[])[] },
  { part, problems: batch, conditions: kept }: TaskPart,
  notice: (text: string) => void,
): BatchTask {
  const { conditions, protocol } = setup;
  const isKept = kept.includes(0);
  const common = ({ problem, index }: Numbered, at: number): RecordSubject | null => {
    const key = keys[index]?.[at];
    const condition = conditions[at];
    return key === undefined || condition === undefined ? null : { key, protocol, problem, index, condition };
  };
  return {
    part,
    batch,
    conditions,
    places: isKept ? kept : [0, ...kept],
    promptLength: (question) => model.promptIds(question).length,
    failed: (item, at, error) => {
      const subject = common(item, at);
      if (subject === null) throw new RangeError(`Problem ${item.index} has no condition ${at}`);
      return { index: item.index, at, record: failedRecord(subject, error) };
    },
    compute: async (problems, wanted) => {
      const all = wanted.flatMap((condition, at) => (condition === null ? [] : [{ condition, at }]));
      const chosen = all.filter(({ condition }) => condition.patch === undefined);
      const results =
        isKept || chosen.length > 1 ? await resultsOf(model, setup, problems, chosen, isKept) : problems.map(() => []);
      const residuals =
        isKept && setup.fingerprint.studies.includes("residual")
          ? await readResiduals(
              model,
              setup,
              problems,
              results.map((row) => row[0]?.result),
            )
          : [];
      const lenses = isKept ? await layerLenses(model, setup, problems, chosen, notice) : [];
      const patched = await patchedItems(model, setup, problems, all, common, notice);
      const plain = problems.flatMap((item, place) => {
        const row = results[place] ?? [];
        const baseline = row[0]?.result;
        return chosen.flatMap(({ at }, column) => {
          if (at === 0 && !isKept) return [];
          const entry = row[column];
          const subject = common(item, at);
          if (baseline === undefined || entry === undefined || subject === null) return [];
          const { result, interventions } = entry;
          const condition = { ...subject.condition, interventions };
          const layerLens = lenses[place];
          const read = { result, baseline, heads: model.config.heads };
          const isBaseline = condition.study === "baseline";
          const residual = residuals[place] ?? null;
          const record = makeRecord({
            ...subject,
            condition,
            ...read,
            residual,
            ...(isBaseline ? { questionTokens: result.promptIds.map((id) => model.tokenizer.decode([id])) } : {}),
            ...(layerLens === undefined ? {} : { layerLens }),
          });
          return [{ index: item.index, at, record }];
        });
      });
      return patched.length === 0 ? plain : [...plain, ...patched].sort((a, b) => a.index - b.index || a.at - b.at);
    },
  };
}
