/** Records of a sweep as its table. */

import { modelName } from "../../model/checkpoint/model-names.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { type ExperimentRecord, isOk } from "../../records/record.js";
import type { SweepData } from "./data.js";
import { nameOf, type Value, valuesOf } from "./measures.js";
import type { PreparedSweep } from "./prepare.js";

/** Where the records of each problem are: the baseline's key first, then those of the cells. */
export type SweepKeys = readonly (readonly string[])[];

/** @param records all of them, in any order. @throws RangeError where one is missing. */
export function collect(
  { name, protocol }: Pick<CodiModel, "name" | "protocol">,
  { axes, cells, measures, plan, seed, study }: PreparedSweep,
  { keys, records }: { readonly keys: SweepKeys; readonly records: readonly ExperimentRecord[] },
): SweepData {
  const known = new Map(records.map((record) => [record.key, record]));
  const names = measures.map(nameOf);
  const recordOf = (problem: number, column: number): ExperimentRecord => {
    const record = known.get(keys[problem]?.[column] ?? "");
    if (record === undefined) throw new RangeError(`Record ${column} of problem ${problem} is not there`);
    return record;
  };
  const columnOf = (column: number): (Value[] | null)[] =>
    plan.problems.map((_, problem) => {
      const [record, baseline] = [recordOf(problem, column), recordOf(problem, 0)];
      return isOk(record) && isOk(baseline) ? valuesOf(names, { record, baseline, study: study.name }) : null;
    });
  const columns = [...(keys[0] ?? []).keys()];
  return {
    schema: 1,
    name: study.name,
    question: study.question,
    model: { name: modelName(name), protocol },
    seed,
    axes: axes.map((axis) => ({ name: axis.name, values: [...axis.values] })),
    measures: names,
    problems: plan.problems.map(({ id, question, expected }) => ({ id, question, expected })),
    baseline: columnOf(0),
    cells: cells.map(({ place, control, condition }, i) => ({
      place: [...place],
      control,
      done: [...textsOf(recordOf(0, i + 1), condition.name)],
      values: columnOf(i + 1),
    })),
    failed: plan.problems.flatMap(({ id }, problem) =>
      columns.flatMap((column) => {
        const record = recordOf(problem, column);
        return record.status === "failed"
          ? [{ problem: id, condition: record.condition.name, message: record.error.message }]
          : [];
      }),
    ),
  };
}

function textsOf({ condition }: ExperimentRecord, name: string): readonly string[] {
  if (condition.name !== name) throw new RangeError(`A record of "${condition.name}" stands for "${name}"`);
  return condition.interventions;
}
