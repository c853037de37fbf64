/** What studies that run their conditions themselves need of the data file, problem by problem. */

import type { PlanFacts, StudyProblem } from "../../studies/read-context.js";
import type { Study, StudyCondition } from "../../studies/study.js";

/** Study → what it drafted, as JSON. */
export type Drafts = Readonly<Record<string, object>>;

/** What a job does with a problem. */
interface Asking {
  readonly conditions: readonly Pick<StudyCondition, "study">[];
  /** Studies that read its baseline. */
  readonly readers: readonly string[];
}

/**
 * @param pool every problem of the data file.
 * @returns what makes one problem's drafts, for the studies that some conditions belong to, and for those that read its baseline. Each
 *   study looks at the pool once.
 */
export function draftsOf(
  studies: readonly Study[],
  pool: readonly StudyProblem[],
  facts: PlanFacts,
): (problem: StudyProblem, asking: Asking) => Drafts {
  const known = new Map<string, (problem: StudyProblem) => object>();
  return (problem, { conditions, readers }) => {
    const names = new Set([...conditions.map(({ study }) => study), ...readers]);
    return Object.fromEntries(
      studies.flatMap(({ name, draft }) => {
        if (draft === undefined || !names.has(name)) return [];
        const draftOf = known.get(name) ?? draft(pool, facts);
        known.set(name, draftOf);
        return [[name, draftOf(problem)]];
      }),
    );
  };
}
