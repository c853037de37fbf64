/** A run beside its control model's: headlines that need the difference, a column in every table, and all conditions paired. */

import { tableExhibit } from "../../exhibits/exhibit.js";
import { type Finding, findingData } from "../../studies/finding.js";
import { compareRuns } from "../comparison/compare-runs.js";
import { conditionTable } from "../comparison/comparison-page.js";
import { comparisonSentence } from "../comparison/comparison-sentence.js";
import { comparisonTable } from "../comparison/comparison-table.js";
import type { RunComparison } from "../comparison/run-comparison.js";
import type { Analysis, ControlSide, ControlSummary } from "../summary-types.js";
import { type BesideClaim, claimsBeside } from "./claims.js";
import { besideExhibits, controlExhibit } from "./tables.js";

/** Name of the finding that compares all conditions. */
export const CONTROL_FINDING = "control-model";

/** @param control what the control's run says on its own. */
export function besideControl<Own extends Analysis>(own: Own, control: Analysis): Own {
  const { seed } = own.data;
  const names = [own.data.model ?? "this run", control.data.model ?? "its control model"] as const;
  const compared = compareRuns({ name: names[0], data: own.data }, { name: names[1], data: control.data }, seed);
  const comparison = { ...compared, sentence: comparisonSentence(compared) };
  const claims = claimsBeside(own, { control, name: names[1], seed });
  const side: ControlSide = {
    analysis: control,
    comparison,
    headlines: new Map([...claims].map(([name, { headline }]) => [name, headline])),
  };
  const among = (all: readonly Finding[], theirs: readonly Finding[]): Finding[] =>
    all.map((each) => besideFinding(each, { other: theirs.find(({ name }) => name === each.name), claims }));
  const findings = among(own.findings, control.findings);
  return {
    ...own,
    main: among(own.main, control.main),
    findings: [...findings, comparedFinding(comparison)],
    control: side,
    summary: {
      ...own.summary,
      studies: own.summary.studies.map((study) => {
        const sentence = claims.get(study.name)?.headline.sentence;
        return sentence === undefined ? study : { ...study, headline: sentence };
      }),
      control: summaryOf(control, { comparison, claims }),
    },
  };
}

interface Beside {
  readonly other: Finding | undefined;
  readonly claims: ReadonlyMap<string, BesideClaim>;
}

function besideFinding(own: Finding, { other, claims }: Beside): Finding {
  const claim = claims.get(own.name);
  return {
    ...own,
    ...(claim === undefined ? {} : { headline: claim.headline }),
    exhibits: [
      ...besideExhibits(own.exhibits, other?.exhibits ?? []),
      ...(claim === undefined || claim.rows.length === 0 ? [] : [controlExhibit(own.name, claim.rows)]),
    ],
  };
}

function comparedFinding(comparison: RunComparison): Finding {
  const { first, second, conditions, shared } = comparison;
  return {
    name: CONTROL_FINDING,
    question: "What does the control model do on the same problems?",
    sentence: comparison.sentence,
    headline: null,
    caveat: `What ${second} can do too is not shown to need what it lacks. A difference under a condition holds the baselines' difference too.`,
    tested:
      "McNemar's exact test of the share of right answers, sign flips of whole problems of the log-probability; Holm over planned conditions, and over all for the exploratory ones.",
    method: "",
    data: findingData({}),
    exhibits: [
      tableExhibit({
        key: "",
        table: conditionTable(`${first} and ${second}`, conditions),
        folded: `All ${conditions.length} conditions of both runs`,
        shown: `First: ${first}; second: ${second}; ${shared} problems in both. 95 % intervals: Newcombe, paired (share right), bootstrap over problems (log-probability).`,
        files: [comparisonTable([comparison])],
      }),
    ],
  };
}

function summaryOf(
  { summary }: Analysis,
  { comparison, claims }: { readonly comparison: RunComparison; readonly claims: Beside["claims"] },
): ControlSummary {
  const { model, protocol, baseline } = summary;
  const headlines = Object.fromEntries(
    [...claims].map(
      ([
        name,
        {
          headline: { sentence, matched },
          rows,
        },
      ]) => [name, { sentence, ...(matched === undefined ? {} : { matched }), rows }],
    ),
  );
  return { model, protocol, baseline, comparison, headlines };
}
