/** Reads a finished sweep back from its run folder, without a model. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { BadInputError, RunFolderError } from "../../base/errors.js";
import { type ExperimentRecord, isOk } from "../../records/record.js";
import { readRecords } from "../../records/record-line.js";
import { readManifest } from "../../records/store.js";
import { BASELINE } from "../../studies/baseline/study.js";
import type { CellData, SweepData } from "./data.js";
import { type Value, valuesOf } from "./measures.js";
import { SweepResult } from "./result.js";

/** What a sweep's manifest says of it beside what every run's does. */
const sweepSchema = z.object({
  axes: z.array(z.object({ name: z.string(), values: z.array(z.union([z.string(), z.number(), z.boolean()])) })),
  measures: z.array(z.string()),
});

/**
 * The result of a sweep that was run with `out`; no model is needed.
 *
 * @param dir the folder. @returns the same table as the sweep gave; its types are those of any sweep.
 * @throws BadInputError where the folder holds no sweep; RunFolderError where it is damaged or not finished.
 * @example
 * ```ts
 * const out = `${dir}-zeroed`;
 * await model.sweep(problems, { over: {}, do: () => "zero:blocks.8.hook_resid_post@latent", out });
 * openSweep(out).rows().length // → 3
 * ```
 */
export function openSweep(dir: string): SweepResult {
  const manifest = existsSync(dir) ? readManifest(dir) : null;
  const sweep = sweepSchema.safeParse(manifest?.["sweep"]);
  const [story] = manifest?.studies ?? [];
  if (manifest === null || story === undefined || !sweep.success)
    throw new BadInputError(
      `${dir} holds no sweep`,
      "give a folder that model.sweep wrote with out; of an experiment, loadRun reads the records",
    );
  if (manifest.status === "started")
    throw new RunFolderError(`The sweep in ${dir} is not finished`, "run it again with the same out: it goes on there");
  const path = join(dir, "records.jsonl");
  const { records } = readRecords(readFileSync(path), path);
  const { axes, measures } = sweep.data;
  const { name, protocol } = manifest.model;
  const sorted = [...records].sort((a, b) => a.problem.index - b.problem.index);
  const baselines = sorted.filter(({ study }) => study === BASELINE.study);
  const valuesIn = (some: readonly ExperimentRecord[]): (Value[] | null)[] =>
    baselines.map((baseline, i) => {
      const record = some[i];
      const isWhole = record !== undefined && isOk(record) && isOk(baseline);
      return isWhole ? valuesOf(measures, { record, baseline, study: story.name }) : null;
    });
  return new SweepResult({
    schema: 1,
    name: story.name,
    question: story.question,
    model: { name, protocol },
    seed: manifest.settings.seed,
    axes,
    measures,
    problems: baselines.map(({ problem: { id, question, expected } }) => ({ id, question, expected })),
    baseline: valuesIn(baselines),
    cells: [...byCondition(sorted.filter(({ study }) => study === story.name))].map(([, some]) => ({
      ...cellOf(some, axes),
      values: valuesIn(some),
    })),
    failed: sorted.flatMap((record) =>
      record.status === "failed"
        ? [{ problem: record.problem.id, condition: record.condition.name, message: record.error.message }]
        : [],
    ),
  });
}

/** In the order of the first problem. */
function byCondition(records: readonly ExperimentRecord[]): Map<string, ExperimentRecord[]> {
  const groups = new Map<string, ExperimentRecord[]>();
  for (const record of records) {
    const { name } = record.condition;
    groups.set(name, [...(groups.get(name) ?? []), record]);
  }
  return groups;
}

function cellOf(records: readonly ExperimentRecord[], axes: SweepData["axes"]): Omit<CellData, "values"> {
  const { factors = {}, interventions = [] } = records[0]?.condition ?? {};
  const control = factors["control"];
  return {
    place: axes.map(({ name, values }) => values.findIndex((value) => String(value) === String(factors[name]))),
    control: control === undefined ? null : String(control),
    done: [...interventions],
  };
}
