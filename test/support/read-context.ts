/** What a study's `read` is given by a run, for tests that call it by itself. */

import type { CodiModel } from "../../src/model/latent/codi-model.js";
import type { RunResult } from "../../src/model/latent/run-types.js";
import type { Kept, StudyFields } from "../../src/studies/fields.js";
import type { ReadContext, RunFacts, StudyProblem } from "../../src/studies/read-context.js";

/** @param facts those that matter. */
export function readContext(
  model: CodiModel,
  runs: readonly { readonly problem: StudyProblem; readonly result: RunResult }[],
  facts: Partial<RunFacts> = {},
): ReadContext {
  return {
    model,
    runs: runs.map((run, index) => ({ ...run, index })),
    facts: {
      ...{ seed: 0, maxNewTokens: 12, ablateLayer: 8, problems: runs.length, reference: [], notice: () => undefined },
      ...facts,
    },
  };
}

/** The fields that were kept. @throws what was found wrong. */
export function fieldsOf(kept: Kept | null | undefined): StudyFields {
  if (kept === null || kept === undefined || "error" in kept) throw new Error(JSON.stringify(kept));
  return kept.fields ?? {};
}
