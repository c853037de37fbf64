/** Records in; findings, figures, tables, report and LaTeX out, as `codilens/analysis`: needs no model and loads no engine. */

export { compareRuns, type NamedRun } from "./analysis/comparison/compare-runs.js";
export { compareFolders } from "./analysis/comparison/index.js";
export type { ComparedCondition, RunComparison } from "./analysis/comparison/run-comparison.js";
export { type RenderedFigure, type RenderOptions, renderFigure } from "./analysis/draw/render.js";
export { allFindings, csvFilesOf, figureName, figures, namedFigures, tablesOf } from "./analysis/exhibits.js";
export { analyzeRun, figureSpecs, type RunOutput } from "./analysis/index.js";
export { latexFiles } from "./analysis/latex/index.js";
export { loadRun } from "./analysis/load.js";
export { buildReport, type DrawnFigure, type ReportInput } from "./analysis/report/report.js";
export { analyse, summarize } from "./analysis/summary.js";
export type {
  AllLatentsSummary,
  Analysis,
  AnalysisRow,
  ControlRow,
  ControlSide,
  ControlSummary,
  CorrelationSummary,
  FlowValues,
  LatentSummary,
  MeasureSummary,
  OriginalStatistics,
  ProblemAttention,
  ProblemView,
  RunData,
  RunSetting,
  Summary,
} from "./analysis/summary-types.js";
export type { OutputOptions } from "./analysis/write.js";
export type { Cell, Cells } from "./exhibits/cells.js";
export type { Column } from "./exhibits/columns.js";
export {
  type Exhibit,
  type FigureExhibit,
  figureExhibit,
  type TableExhibit,
  type TableFile,
  tableExhibit,
} from "./exhibits/exhibit.js";
export { type FigureHead, type FigureRun, type FigureSpec, figure } from "./exhibits/figure.js";
export type { Graph, GraphEdge, GraphNode } from "./exhibits/graph.js";
export type { Headline, HeadlineRow } from "./exhibits/headline.js";
export type { HeatScale } from "./exhibits/heat-map.js";
export { type HeatCell, type HeatMap, heatMap } from "./exhibits/heat-map.js";
export { show as estimateText, showP as pText } from "./exhibits/number-text.js";
export type { ColumnType } from "./exhibits/parquet.js";
export { type RowKeys, type TableData, table } from "./exhibits/table.js";
export { Drawing } from "./library/drawing.js";
export type { Assumed } from "./model/assumed.js";
export type { ExperimentRecord } from "./records/record.js";
export type { BootstrapInterval } from "./statistics/clustered-bootstrap.js";
export type { Estimate, PValue, Rate } from "./statistics/estimate.js";
export type { JudgedFamily, JudgedHypothesis } from "./statistics/family.js";
export type { PairedCounts } from "./statistics/proportion-interval.js";
export type { PackedReading } from "./studies/baseline/record.js";
export type {
  Finding,
  FindingData,
  FindingInput,
  FindingMaker,
  LeftOut,
  ProblemUnit,
  RunFacts,
  RunFile,
  ShownRun,
  StudyCondition,
  StudySummary,
} from "./studies/finding.js";
export type { OutsideFinding, OutsideInput } from "./studies/outside/finding-file.js";
export type { OutsideSides } from "./studies/outside/sides.js";
export type { AllLatentsKind } from "./studies/shared/all-latents.js";
export type { StudyRecord, StudyRow } from "./studies/shared/rows.js";
export type { RunsUnnamed, StoryFigure, StudyStory } from "./studies/story.js";
