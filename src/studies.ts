/**
 * To compose studies, as `codilens/studies`: what a study and a finding are, the built-in ones as values, and the conditions of a run.
 * Types of runs and hooks are exported by `codilens`.
 */

export type { Cell, Cells } from "./exhibits/cells.js";
export type { Column } from "./exhibits/columns.js";
export type { Exhibit, FigureExhibit, TableExhibit, TableFile } from "./exhibits/exhibit.js";
export type { FigureRun, FigureSpec } from "./exhibits/figure.js";
export type { Graph, GraphEdge, GraphNode } from "./exhibits/graph.js";
export type { Headline, HeadlineRow } from "./exhibits/headline.js";
export type { ColumnType } from "./exhibits/parquet.js";
export type { RowKeys, TableData } from "./exhibits/table.js";
export type { Observer } from "./model/hooks/observer.js";
export type { Step } from "./model/hooks/step.js";
export type {
  AnswerOptions,
  BatchOptions,
  CommonOptions,
  Contrast,
  LoopCounts,
  ScoreOptions,
  SourceOptions,
} from "./model/latent/run-types.js";
export type { Tensor } from "./model/tensor/tf.js";
export type { Estimate, PValue, Rate } from "./statistics/estimate.js";
export {
  condition,
  type PlannedCondition,
  type PlannedHook,
  readyCondition,
  type StudyCondition,
  type StudyContext,
} from "./studies/condition.js";
export {
  basisOf,
  type Finding,
  type FindingData,
  type FindingInput,
  type FindingMaker,
  findingData,
  type LeftOut,
  type ProblemUnit,
  type RunFacts,
  type RunFile,
  type ShownRun,
  type StudyCondition as FoundCondition,
  type StudySummary,
} from "./studies/finding.js";
export { findingMakerOf } from "./studies/findings.js";
export { loadStudyFile, type OutsideStudy } from "./studies/from-file.js";
export { conditionsOf, STUDIES, studiesOf } from "./studies/index.js";
export { namePositions, numberPositions, operationPositions } from "./studies/question-to-latent/question-words.js";
export type { RunFacts as ReadFacts } from "./studies/read-context.js";
export { type Beside, MAIN_STUDIES, studyNames } from "./studies/selection.js";
export type { ConditionColumn } from "./studies/shared/condition-table.js";
export type { SumOptions } from "./studies/shared/conditions.js";
export { conditionsOf as summedConditions } from "./studies/shared/conditions.js";
export type { ConditionParts } from "./studies/shared/conditions-finding.js";
export { conditionsFinding, findingOfConditions } from "./studies/shared/conditions-finding.js";
export { knockoutFinding } from "./studies/shared/knockout-finding.js";
export { byCondition, fieldOf, type StudyRecord, type StudyRow } from "./studies/shared/rows.js";
export { STORIES, STUDY_NAMES } from "./studies/stories.js";
export { conditionsOfStudy, type Study } from "./studies/study.js";
export type * from "./studies/types.js";
