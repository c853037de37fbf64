/** One part of a batch as the guard sees it: what is computed for it, and the records that it becomes. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Kept } from "../../studies/fields.js";
import type { Study, StudyCondition } from "../../studies/study.js";
import { referenceOf, type Setup } from "../plan/plan.js";
import type { Problem } from "../problems/problem.js";
import type { BatchTask, ComputedItem, Numbered } from "../work/isolation.js";
import { type ChosenResult, resultsOf } from "./batch-results.js";
import { draftsOf } from "./drafts.js";
import { computedRecord, failedRecord, makeRecord, type RecordSubject } from "./make-record.js";
import { computeApart, factsOf, readBaselines } from "./read-runs.js";
import { type RunSettings, studiesOfRun } from "./run-options.js";

/** What is computed together: `Part` with its problems themselves, and its number within the run. */
export interface TaskPart {
  readonly part: number;
  readonly problems: readonly Numbered[];
  /** Places of the conditions whose records come of it. */
  readonly conditions: readonly number[];
}

interface Chosen {
  readonly condition: StudyCondition;
  readonly at: number;
}

/** @param keys of each problem's records. @param notice shows what is left out. */
export function batchTask(
  model: CodiModel,
  setup: Setup,
  { keys }: { readonly keys: readonly (readonly string[])[] },
  { part, problems: batch, conditions: kept }: TaskPart,
  notice: (text: string) => void,
): BatchTask {
  const { conditions, protocol, onForward } = setup;
  const settings = settingsOf(setup);
  const outside = setup.outside.map(({ study }) => study);
  const studies = studiesOfRun(settings, outside);
  const studyOf = ({ study }: StudyCondition): Study | undefined => studies.find(({ name }) => name === study);
  const hooks = onForward === undefined ? {} : { onForward };
  const facts = factsOf(settings, { notice, ...hooks });
  const isKept = kept.includes(0);
  const common = ({ problem, index }: Numbered, at: number): RecordSubject | null => {
    const key = keys[index]?.[at];
    const condition = conditions[at];
    return key === undefined || condition === undefined ? null : { key, protocol, problem, index, condition };
  };
  const plainItems = async (problems: readonly Numbered[], chosen: readonly Chosen[]): Promise<ComputedItem[]> => {
    if (!isKept && chosen.length <= 1) return [];
    const run = { settings, problems, conditions: chosen.map(({ condition }) => condition), isKept, outside, ...hooks };
    const results = await resultsOf(model, run);
    const baselines = problems.map((item, place) => ({ ...item, result: results[place]?.[0]?.result }));
    const read = isKept ? await readBaselines(studies, baselines, { model, facts }) : [];
    const keptOf = (place: number, { condition }: Chosen, { result, interventions }: ChosenResult): Kept => {
      const { problem, result: baseline } = baselines[place] ?? {};
      if (condition === conditions[0]) return read[place] ?? {};
      if (problem === undefined || result.failure !== null || baseline?.failure !== null) return {};
      const { heads } = model.config;
      return studyOf(condition)?.measure?.({ problem, condition, interventions, result, baseline, heads }) ?? {};
    };
    return problems.flatMap((item, place) =>
      chosen.flatMap((each, column) => {
        const [entry, baseline] = [results[place]?.[column], baselines[place]?.result];
        const subject = common(item, each.at);
        if ((each.at === 0 && !isKept) || baseline === undefined || entry === undefined || subject === null) return [];
        const { result, interventions } = entry;
        const own = { ...subject, condition: { ...subject.condition, interventions } };
        const record = makeRecord(own, { result, baseline, kept: keptOf(place, each, entry) });
        return [{ index: item.index, at: each.at, record }];
      }),
    );
  };
  const apartItems = async (problems: readonly Numbered[], chosen: readonly Chosen[]): Promise<ComputedItem[]> => {
    const wanted = chosen.map(({ condition }) => condition);
    const draft = draftsOfRun(model, setup, studies);
    const drafted = problems.map((item) => ({ ...item, drafts: draft(item.problem, wanted) }));
    const found = await computeApart(studies, { model, problems: drafted, conditions: wanted, facts });
    return problems.flatMap((item, place) =>
      chosen.flatMap(({ condition, at }) => {
        const [subject, computed] = [common(item, at), found[place]?.get(condition)];
        if (subject === null || computed === undefined) return [];
        return [{ index: item.index, at, record: computedRecord(subject, computed) }];
      }),
    );
  };
  return {
    part,
    batch,
    conditions,
    places: isKept ? kept : [0, ...kept],
    promptLength: (question) => model.promptIds(question).length,
    failed: (item, at, error) => {
      const subject = common(item, at);
      if (subject === null) throw new RangeError(`Problem ${item.index} has no condition ${at}`);
      return { index: item.index, at, record: failedRecord(subject, error) };
    },
    compute: async (problems, wanted) => {
      const all = wanted.flatMap((condition, at): Chosen[] => (condition === null ? [] : [{ condition, at }]));
      const isApart = ({ condition }: Chosen): boolean => studyOf(condition)?.compute !== undefined;
      const plain = await plainItems(
        problems,
        all.filter((each) => !isApart(each)),
      );
      const apart = await apartItems(problems, all.filter(isApart));
      return [...plain, ...apart].sort((a, b) => a.index - b.index || a.at - b.at);
    },
  };
}

function settingsOf({ options, protocol, maxNewTokens, rows, fingerprint, sample }: Setup): RunSettings {
  return {
    protocol,
    seed: options.seed,
    ablateLayer: options.ablateLayer,
    layers: options.layers,
    maxNewTokens,
    ...(rows === undefined ? {} : { rows }),
    studies: fingerprint.studies,
    problems: sample.problems.length,
    reference: referenceOf(sample.problems),
  };
}

const known = new WeakMap<readonly Problem[], ReturnType<typeof draftsOf>>();

/** The same for all parts of a run. */
function draftsOfRun(
  model: CodiModel,
  { set, options }: Setup,
  studies: readonly Study[],
): ReturnType<typeof draftsOf> {
  const promptOf = (question: string): number[] => model.promptIds(question);
  const made = known.get(set.problems) ?? draftsOf(studies, set.problems, { seed: options.seed, promptOf });
  known.set(set.problems, made);
  return made;
}
