/** Types that the contracts of studies show. */

export type { Kept, RecordFields, StudyFields, StudyMeasures } from "./fields.js";
export type { PatchMap } from "./patching/grid.js";
export type { Patched } from "./patching/record.js";
export type { PlannedObserver, PlannedReading } from "./planned-reading.js";
export type {
  AfterRun,
  AfterRunContext,
  AfterRunParts,
  BaselineRecord,
  CleanRun,
  ComputeContext,
  Computed,
  DraftedProblem,
  MeasuredRun,
  NumberedProblem,
  PlanFacts,
  ReadContext,
  ReadPlan,
  Reads,
  RunReads,
  StudyProblem,
} from "./read-context.js";
export type { RunsUnnamed, StoryFigure, StudyStory } from "./story.js";
export type { SizedProblem, Work, WorkFacts } from "./work.js";
