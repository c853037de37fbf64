/** A sweep as a study in memory: what the runner's jobs take their conditions, readings and measures from. */

import type { Kept } from "../../studies/fields.js";
import type { PlannedReading } from "../../studies/planned-reading.js";
import type { Study } from "../../studies/study.js";
import type { Axis } from "./axes.js";
import { type MeasuredPair, measuredBy } from "./measures.js";
import type { PlannedCell } from "./plan.js";
import type { OwnMeasure, SweepOptions } from "./spec.js";

/** What the study is made of. */
export interface StudyRequest {
  readonly name: string;
  readonly question: string;
  readonly axes: readonly Axis[];
  readonly cells: readonly PlannedCell[];
  readonly measures: readonly OwnMeasure[];
  readonly options: Pick<SweepOptions, "capture" | "readings" | "values">;
}

/** The study; its own measures stand below its name in what records keep. */
export function studyOf({ name, question, axes, cells, measures, options }: StudyRequest): Study {
  const { capture, readings, values } = options;
  const kept = (pair: MeasuredPair): Kept =>
    measures.length === 0 ? {} : { fields: { kept: { [name]: measuredBy(measures, pair) } } };
  const [x, y] = axes;
  return {
    name,
    question,
    // A map has two axes; of more, the report has the table.
    ...(x === undefined || axes.length > 2
      ? {}
      : { figure: { x: x.name, ...(y === undefined ? {} : { y: y.name, yTitle: y.name }), xTitle: x.name } }),
    conditions: cells.map(({ planned }) => planned),
    ...(values === undefined ? {} : { values }),
    reads: () => ({
      every: {
        ...(capture === undefined ? {} : { capture }),
        ...(readings === undefined ? {} : { readings: readings as readonly PlannedReading[] }),
      },
    }),
    read: async ({ runs }) => runs.map(({ result }) => kept({ run: result, baseline: result })),
    measure: ({ result, baseline }) => kept({ run: result, baseline }),
  };
}
