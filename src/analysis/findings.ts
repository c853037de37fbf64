/** A run → what each of its studies found. */

import type { Finding, FindingMaker, RunFacts, StudySummary } from "../studies/finding.js";
import { ANALYSIS_SIDES, findingMakerOf } from "../studies/findings.js";
import type { OutsideSides } from "../studies/outside/sides.js";
import { type AllLatentsControl, allLatentsControls } from "../studies/shared/all-latents.js";
import { isMain } from "../studies/stories.js";
import type { StudyStory } from "../studies/story.js";
import type { RunData } from "./summary-types.js";

/** What the studies' findings are made from. */
export type StudyData = Pick<
  RunData,
  "asked" | "studyRows" | "studyRecords" | "baselines" | "stories" | "leftOut" | "file" | "latents" | "seed"
>;

/** What findings are made with beside the data. */
export interface FindingOptions {
  /** Analysis sides of studies from outside the package. */
  readonly outside?: OutsideSides | undefined;
  /** Where they are known already. */
  readonly controls?: readonly AllLatentsControl[];
}

/**
 * Asks every study of the run what it found.
 *
 * @returns studies that only read the runs without intervention first, then studies with conditions, in the order in which these were planned.
 */
export function findingsOf(
  data: StudyData,
  run: RunFacts,
  { outside = new Map(), controls = allLatentsControls(data) }: FindingOptions = {},
): Finding[] {
  return namesOf(data).flatMap((name) => {
    const others = controls.filter(({ studies }) => !studies.includes(name));
    const input = { ...inputOf(name, data, run), allLatents: others.map(({ outcomes }) => outcomes) };
    const usual = findingMakerOf(name)(input);
    const own = outside.get(name);
    const finding = own === undefined ? usual : own({ ...input, usual });
    return finding === null ? [] : [{ ...finding, ...leftOutOf(name, data) }];
  });
}

/** A finding as it stands in `summary.json`. */
export function studySummary({ name, question, data, sentence, headline, caveat, leftOut }: Finding): StudySummary {
  const short = headline === undefined || headline === null ? {} : { headline: headline.sentence };
  return { name, question, ...data, sentence, ...short, caveat, ...(leftOut === undefined ? {} : { leftOut }) };
}

function inputOf(name: string, data: StudyData, run: RunFacts): Parameters<FindingMaker>[0] {
  const { studyRows, studyRecords, baselines, file } = data;
  return {
    story: storyOf(name, data),
    rows: studyRows.filter(({ study }) => study === name),
    records: studyRecords.filter(({ study }) => study === name),
    baselines,
    run,
    file,
  };
}

/** As the run's manifest describes it; the package's own words stand in for what is not there. */
function storyOf(name: string, { stories }: Pick<RunData, "stories">): StudyStory {
  return (
    stories.find((story) => story.name === name) ??
    ANALYSIS_SIDES.get(name)?.story ?? { name, question: `What do the conditions of ${name} change?` }
  );
}

function namesOf({ asked, studyRows, studyRecords }: StudyData): string[] {
  const counted = [...studyRows, ...studyRecords].map(({ study }) => study);
  const order = [...ANALYSIS_SIDES.keys()];
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const reading = asked.filter((name) => !counted.includes(name)).sort((a, b) => place(a) - place(b));
  return [...new Set([...reading, ...counted])].filter((study) => !isMain({ study }));
}

function leftOutOf(name: string, { leftOut = [] }: Pick<RunData, "leftOut">): Pick<Finding, "leftOut"> {
  const mine = leftOut.filter(({ study }) => study === name);
  const [first] = mine;
  return first === undefined
    ? {}
    : { leftOut: { conditions: mine.map(({ condition }) => condition), reason: first.reason } };
}
