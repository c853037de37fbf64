/** How a run's numbers were estimated and tested, in sentences with citations. */

import { DRAWS, FEWEST_FOR_BCA } from "../../statistics/clustered-bootstrap.js";
import type { JudgedFamily } from "../../statistics/family.js";
import type { Finding } from "../../studies/finding.js";
import type { Summary } from "../summary-types.js";
import { cite } from "./bibliography.js";
import { escapeLatex } from "./escape.js";

const OF_CONDITIONS = "changes of log-probability and of Kullback--Leibler divergences (nats, at the expected number)";

/** Which interval and which test each kind of number has. */
export function statistics(summary: Summary, findings: readonly Finding[]): string[] {
  const hasConditions = summary.latents.length > 0 || findings.some(({ data }) => data.conditions.length > 0);
  return [
    "The unit of analysis is the problem; all intervals are at 95\\,\\%.",
    `Rates have Wilson's interval ${cite("wilson1927")}.`,
    ...(hasConditions
      ? [
          `Answers under a condition are compared with the same problems' baseline answers by McNemar's exact test ${cite("mcnemar1947")} and Newcombe's interval for paired differences (method 10) ${cite("newcombe1998")}.`,
        ]
      : []),
    ...(hasConditions || findings.length > 0
      ? [means(hasConditions ? OF_CONDITIONS : "what the studies read", summary.bootstrap.seed)]
      : []),
    ...(summary.latents.length === 0
      ? []
      : [`Odds of a broken against a mended answer have the exact conditional interval ${cite("clopper1934")}.`]),
    ...attention(summary),
  ];
}

/** How means are estimated. @param what of what, in LaTeX. */
export function means(what: string, seed: number): string {
  return `Means of ${what} have cluster-bootstrap intervals over problems (${grouped(DRAWS)} draws, seed ${seed}): BCa ${cite("efron1987")} from ${FEWEST_FOR_BCA} problems on, else percentile ${cite("efron1993")}.`;
}

function attention({ correlations, permutations, bootstrap }: Summary): string[] {
  if (correlations.length === 0) return [];
  return [
    `Attention and importance are correlated over all rows (description only), within position, within problem, and with both taken out; intervals are studentised cluster bootstraps (${grouped(bootstrap.draws)} draws) ${cite("efron1993")}, no shorter than the permutation interval, and p comes from ${grouped(permutations)} permutations, or all where they are few, by $(b+1)/(m+1)$ where drawn ${cite("phipson2010")}: whole problems exchanged for within position and two-way, a problem's positions for within problem.`,
    `Odds ratios for one standard deviation of attention come from a logistic regression conditional on the problem with an indicator for each position ${cite("breslow1980")}, tested by the score test ${cite("rao1948")}.`,
  ];
}

/** The families of tests and their corrections. */
export function multiplicity({ families, studies }: Summary): string[] {
  const tested = studies.some(({ conditions }) => conditions.length > 0);
  return [
    ...families.map(familySentence),
    ...(families.length === 0
      ? []
      : [
          `Planned tests are adjusted among themselves and all tests of a family over all of it by Holm's procedure ${cite("holm1979")}; false discovery rates over all are Benjamini and Hochberg's ${cite("benjamini1995")}.`,
        ]),
    ...(tested
      ? [
          `All studies beside these are exploratory; each one's conditions are one family, adjusted by Holm's procedure ${cite("holm1979")}, where a condition that changed no answer could not have been found and does not count ${cite("tarone1990")}, and controls are not tested.`,
        ]
      : []),
  ];
}

function familySentence({ name, question, tests, hypotheses }: JudgedFamily): string {
  const planned = hypotheses.filter(({ role }) => role === "planned").length;
  const exploratory = hypotheses.length - planned;
  return `Family \\emph{${escapeLatex(name)}} (${escapeLatex(question)}) holds ${planned} planned and ${exploratory} exploratory hypotheses, of which ${tests.planned} and ${tests.all - tests.planned} could be tested.`;
}

/** 5000 → `5,000`. */
export function grouped(value: number): string {
  return value.toLocaleString("en-GB");
}
