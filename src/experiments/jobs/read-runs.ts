/** What the studies of a run keep of it: asks each in turn, and knows none by name. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { Kept } from "../../studies/fields.js";
import type {
  CleanRun,
  ComputeContext,
  Computed,
  DraftedProblem,
  NumberedProblem,
  RunFacts,
} from "../../studies/read-context.js";
import type { Study, StudyCondition } from "../../studies/study.js";
import type { Drafts } from "./drafts.js";
import type { RunContext, RunSettings } from "./run-options.js";

/** What studies know of the whole experiment. */
export function factsOf(
  { seed, maxNewTokens, ablateLayer, problems, reference, wholeSample }: RunSettings,
  { notice, onForward }: Pick<RunContext, "onForward"> & Pick<RunFacts, "notice">,
): RunFacts {
  return {
    seed,
    maxNewTokens,
    ablateLayer,
    problems,
    reference,
    notice,
    ...(wholeSample === undefined ? {} : { wholeSample }),
    ...(onForward === undefined ? {} : { onForward }),
  };
}

/**
 * Has every study read the baselines of a batch.
 *
 * @param baselines one a problem. @returns what is kept of each, or the first reason against it; nothing where a run failed.
 */
export async function readBaselines(
  studies: readonly Study[],
  baselines: readonly (ReadProblem & { readonly result: RunResult | undefined })[],
  context: { readonly model: CodiModel; readonly facts: RunFacts },
): Promise<Kept[]> {
  const runs = baselines.filter((each): each is ReadProblem & CleanRun => each.result?.failure === null);
  const kept = new Map<NumberedProblem, Kept>();
  for (const study of runs.length === 0 ? [] : studies) {
    const mine = runs.map((run) => draftedBy(study.name, run));
    const found = (await study.read?.({ ...context, runs: mine })) ?? [];
    for (const [i, run] of runs.entries()) kept.set(run, together(kept.get(run) ?? {}, found[i] ?? {}));
  }
  return baselines.map((each) => kept.get(each) ?? {});
}

/** A problem with all drafts. */
type ReadProblem = NumberedProblem & { readonly drafts?: Drafts };

/** A problem with a study's own draft. */
function draftedBy<T extends ReadProblem>(study: string, { drafts, ...item }: T): Omit<T, "drafts"> & DraftedProblem {
  const draft = drafts?.[study];
  return draft === undefined ? item : { ...item, draft };
}

function together(known: Kept, more: Kept): Kept {
  if ("error" in known) return known;
  if ("error" in more) return more;
  const kept = { ...known.fields?.kept, ...more.fields?.kept };
  return {
    fields: { ...known.fields, ...more.fields, ...(Object.keys(kept).length === 0 ? {} : { kept }) },
    measures: { ...known.measures, ...more.measures },
  };
}

/** What is run by the studies themselves. */
export interface ApartRequest extends Omit<ComputeContext, "problems"> {
  readonly problems: readonly ReadProblem[];
}

/** Has the studies run those of the conditions that they compute themselves. @returns for each problem, what became of them. */
export async function computeApart(
  studies: readonly Study[],
  { conditions, problems, ...context }: ApartRequest,
): Promise<ReadonlyMap<StudyCondition, Computed>[]> {
  const found = problems.map(() => new Map<StudyCondition, Computed>());
  for (const { name, compute } of studies) {
    const mine = conditions.filter(({ study }) => study === name);
    if (compute === undefined || mine.length === 0) continue;
    const drafted = problems.map((item) => draftedBy(name, item));
    for (const [place, row] of (await compute({ ...context, problems: drafted, conditions: mine })).entries())
      for (const [column, condition] of mine.entries()) {
        const computed = row[column] ?? null;
        if (computed !== null) found[place]?.set(condition, computed);
      }
  }
  return found;
}
