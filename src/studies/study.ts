/** What a study is: its story, its conditions as data, and what it reads and keeps of the runs. One folder each. */

import type { NamedValue } from "../model/hooks/bound.js";
import type { CodiModel } from "../model/latent/codi-model.js";
import { type PlannedCondition, readyCondition, type StudyCondition, type StudyContext } from "./condition.js";
import type { Kept } from "./fields.js";
import type {
  AfterRun,
  ComputeContext,
  Computed,
  MeasuredRun,
  PlanFacts,
  ReadContext,
  ReadPlan,
  Reads,
  StudyProblem,
} from "./read-context.js";
import type { StudyStory } from "./story.js";
import type { SizedProblem, Work, WorkFacts } from "./work.js";

export { condition, type PlannedCondition, type StudyCondition, type StudyContext } from "./condition.js";

/** The run side of a study. Only `conditions` is needed. */
export interface Study extends StudyStory {
  /** Conditions beside the baseline, which all studies share; a function where they depend on the model. */
  readonly conditions: readonly PlannedCondition[] | ((context: StudyContext) => readonly PlannedCondition[]);
  /** Tensors that its interventions refer to (`add(name)`, `replace(name)`), or what makes them of the model. */
  readonly values?: Readonly<
    Record<string, NamedValue | ((context: { readonly model: CodiModel }) => NamedValue | Promise<NamedValue>)>
  >;
  /** What it cannot have under a protocol, each with the reason as the end of a sentence: `has no object under …`. The plan says it. */
  readonly lacks?: (context: StudyContext) => readonly { readonly condition: string; readonly reason: string }[];
  /** What the runs of the experiment have to keep for `read` and `measure`. */
  readonly reads?: (plan: ReadPlan) => Reads;
  /** Reads finished baselines of one batch. @returns one entry a run; null where there is nothing to keep. */
  readonly read?: (context: ReadContext) => Promise<readonly (Kept | null)[]>;
  /** What `read` computes for one problem beside the run itself; default: nothing. The plan counts it, and shares it out among the workers. */
  readonly readWork?: (facts: WorkFacts, problem: SizedProblem) => readonly Work[];
  /** Compares one run of its conditions with the baseline of the same problem. */
  readonly measure?: (run: MeasuredRun) => Kept;
  /**
   * For `compute` and `read`: what it needs of the data file for one problem, as JSON. Called when the run is planned.
   *
   * @param pool every problem of the data file.
   */
  readonly draft?: (pool: readonly StudyProblem[], facts: PlanFacts) => (problem: StudyProblem) => object;
  /** Runs its conditions itself, where one of them is more than one run. @returns `[problem][condition]`; null where there is no record. */
  readonly compute?: (context: ComputeContext) => Promise<readonly (readonly (Computed | null)[])[]>;
  /** Makes a file of all records, once the run is whole. */
  readonly afterRun?: AfterRun;
}

/** A condition that is computed of some problems of a run, of all of them. */
export function ofEveryProblem(condition: StudyCondition): StudyCondition {
  if (condition.patch?.problems === undefined) return condition;
  const { problems: _, ...patch } = condition.patch;
  return { ...condition, patch };
}

/**
 * A study's conditions, ready to run.
 *
 * @throws UsageError where the text of an intervention cannot be read.
 * @example
 * ```ts
 * const zeroed = { name: "zeroed", interventions: ["zero:blocks.8.hook_resid_post@latent.0"] };
 * const study = { name: "own", question: "Does latent 0 matter?", conditions: [zeroed] };
 * conditionsOfStudy(study, { layer: 8, depth: 16, latents: 6, protocol: "codi" }).length; // → 1
 * ```
 */
export function conditionsOfStudy(study: Study, context: StudyContext): StudyCondition[] {
  const planned = typeof study.conditions === "function" ? study.conditions(context) : study.conditions;
  return planned.map((each) => readyCondition(study.name, each));
}
