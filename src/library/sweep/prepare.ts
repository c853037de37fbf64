/** A sweep before its first forward: checked, laid out, and planned as a run is. */

import { UsageError } from "../../base/errors.js";
import { didYouMean } from "../../base/nearest.js";
import type { JobPlan } from "../../experiments/jobs/plan-jobs.js";
import type { Sources } from "../../experiments/jobs/run-options.js";
import { layoutFor, referenceOf } from "../../experiments/plan/layout.js";
import { rowsAtOnce } from "../../experiments/plan/rows-at-once.js";
import type { Problem } from "../../experiments/problems/problem.js";
import type { BoundIntervention, NamedValue } from "../../model/hooks/bound.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { valuesOf } from "../../model/latent/given.js";
import { tooLong } from "../../model/latent/plan/question-room.js";
import { eotIdsOf } from "../../model/latent/prompt.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import { recordEngine } from "../../records/engine-text.js";
import { BASELINE } from "../../studies/baseline/study.js";
import { STORIES } from "../../studies/stories.js";
import type { Study } from "../../studies/study.js";
import { type Axis, axesOf } from "./axes.js";
import { CONTROL_NAMES } from "./control.js";
import { checkMeasures, DEFAULT_MEASURES, nameOf, ownMeasures } from "./measures.js";
import { type PlannedCell, plannedCells, type SameCells, sameCells } from "./plan.js";
import type { ControlName, Measure, Over, SweepOptions, SweepProblem, SweepSpec } from "./spec.js";
import { studyOf } from "./study.js";

/** A spec whose types have done their work. */
export interface PlainSpec extends SweepOptions {
  readonly over: Over;
  readonly do: (cell: never) => unknown;
  readonly measure?: readonly Measure[];
  readonly controls?: readonly ControlName[];
}

/** What is known of a sweep before anything is computed. */
export interface PreparedSweep {
  readonly spec: PlainSpec;
  readonly seed: number;
  readonly axes: readonly Axis[];
  readonly measures: readonly Measure[];
  /** The cells, then those of each control. */
  readonly cells: readonly PlannedCell[];
  /** Those that are run, each with the cells that come to the same. */
  readonly same: readonly SameCells[];
  readonly study: Study;
  readonly plan: JobPlan;
  /** Tensors that the interventions refer to, by name. */
  readonly values: Readonly<Record<string, NamedValue>>;
  /** Runs that they read: one for all problems, or one a problem. */
  readonly sources: Sources;
}

const DEFAULT_SEED = 42;
const DEFAULT_NAME = "sweep";

/** @throws UsageError naming what is wrong with the problems or the spec. */
export function prepareSweep(model: CodiModel, given: readonly SweepProblem[], spec: PlainSpec): PreparedSweep {
  checkSpec(spec);
  const { over, controls = [], seed = DEFAULT_SEED } = spec;
  const measures = spec.measure ?? DEFAULT_MEASURES;
  checkMeasures(measures);
  const names = measures.map(nameOf);
  const axes = axesOf(over, names);
  const { name = DEFAULT_NAME, question = questionOf(axes) } = spec.story ?? {};
  checkName(name);
  const { cells, bound } = plannedCells({ study: name, axes, over, act: spec.do, controls });
  const same = sameCells(cells);
  const values = valuesOf(bound, spec.values);
  const study = studyOf({
    ...{ name, question, axes, options: { ...spec, values } },
    cells: same.map(({ first }) => first),
    measures: ownMeasures(measures),
  });
  const problems = numbered(given);
  const maxNewTokens = spec.maxNewTokens ?? protocolOf(model.protocol).maxNewTokens;
  checkLengths(model, { problems, maxNewTokens });
  const rows = rowsAtOnce(model.config, spec.rowsPerBatch, model.codi.numLatents + 2 + maxNewTokens);
  const plan: JobPlan = {
    problems,
    conditions: [BASELINE, ...same.map(({ first }) => first.condition)],
    pool: problems,
    outside: [study],
    layout: layoutFor(model, { maxNewTokens, rows }),
    settings: {
      ...{ protocol: model.protocol, ...recordEngine(model.engine), seed, maxNewTokens, rows },
      // No sweep zeroes a block or records a layer unless it says so itself.
      ...{ ablateLayer: 0, layers: [] },
      studies: [name],
      problems: problems.length,
      reference: referenceOf(problems),
    },
  };
  return { spec, seed, axes, measures, cells, same, study, plan, values, sources: sourcesOf(bound, problems) };
}

const FIELDS = Object.keys({
  ...{ over: true, do: true, measure: true, controls: true },
  ...{ capture: true, readings: true, values: true, maxNewTokens: true, rowsPerBatch: true },
  ...{ story: true, seed: true, out: true, onProgress: true, signal: true },
} satisfies Record<keyof SweepSpec, true>);

function checkSpec(spec: PlainSpec): void {
  const unknown = Object.keys(spec).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw new UsageError(
      `A sweep has no option "${unknown}"${didYouMean(unknown, FIELDS)}`,
      `its options are ${FIELDS.join(", ")}`,
    );
  if (typeof spec.over !== "object" || spec.over === null || typeof spec.do !== "function")
    throw new UsageError(
      "A sweep needs over, an object of lists, and do, a function of one cell",
      "write { over: { latent: range(6) }, do: ({ latent }) => zero(…) }",
    );
  const control = (spec.controls ?? []).find((each) => !CONTROL_NAMES.includes(each));
  if (control !== undefined)
    throw new UsageError(
      `There is no control "${control}"${didYouMean(control, CONTROL_NAMES)}`,
      `the controls are ${CONTROL_NAMES.map((name) => JSON.stringify(name)).join(" and ")}`,
    );
}

function checkName(name: string): void {
  if (!/^[a-z][a-z\d-]*$/.test(name) || STORIES.has(name) || name === BASELINE.study)
    throw new UsageError(
      `story.name is ${JSON.stringify(name)}, wanted small letters, digits and -, and no name of a study of the package`,
      "choose another name",
    );
}

function questionOf(axes: readonly Axis[]): string {
  const names = axes.map(({ name }) => name);
  const last = names.pop();
  if (last === undefined) return "What does the intervention change?";
  return `What does each ${names.length === 0 ? last : `${names.join(", ")} and ${last}`} change?`;
}

/** Problems with all that a record has of them. @throws UsageError for none, and for an id that stands twice. */
function numbered(given: readonly SweepProblem[]): Problem[] {
  if (!Array.isArray(given) || given.length === 0)
    throw new UsageError("A sweep needs problems", 'give a list: await loadProblems("tiny-codi", { n: 20 })');
  const problems = given.map((each, place): Problem => {
    if (typeof each?.question !== "string" || each.expected === undefined)
      throw new UsageError(
        `Problem ${place} has no ${typeof each?.question === "string" ? "expected answer" : "question"}`,
        "a problem is { question, expected }; loadProblems makes them of { question, answer }",
      );
    return { id: String(place + 1), difficulty: "unknown", ...each };
  });
  const ids = problems.map(({ id }) => id);
  const twice = ids.find((id, place) => ids.indexOf(id) !== place);
  if (twice === undefined) return problems;
  throw new UsageError(`The id "${twice}" stands for two problems`, "give each problem an id of its own");
}

/** @throws UsageError for a list of runs that is not one a problem. */
function sourcesOf(bound: readonly BoundIntervention[], problems: readonly Problem[]): Sources {
  const sources = Object.fromEntries(bound.flatMap((each) => Object.entries(each.sources)));
  for (const runs of Object.values(sources))
    if (Array.isArray(runs) && runs.length !== problems.length)
      throw new UsageError(
        `A patch reads ${runs.length} runs, the sweep has ${problems.length} problems`,
        "give one run for all problems, or one a problem in the same order",
      );
  return sources;
}

function checkLengths(
  model: CodiModel,
  { problems, maxNewTokens }: { readonly problems: readonly Problem[]; readonly maxNewTokens: number },
): void {
  const { config, codi, eosTokenId, protocol } = model;
  const eotTokens = eotIdsOf({ codi, eosTokenId, protocol }).length;
  const room = { config, latents: codi.numLatents, eotTokens, maxNewTokens };
  for (const { id, question } of problems) {
    const why = tooLong(model.promptIds(question).length, room);
    if (why !== null) throw new UsageError(`Problem "${id}" ${why}`, "leave it out, or lower maxNewTokens");
  }
}
