/** Compared runs for a paper. */

import type { TableData } from "../../exhibits/table.js";
import { knownProtocol } from "../../model/latent/protocols/index.js";
import { PERMUTATIONS } from "../../statistics/permutation.js";
import { conditionTable } from "../comparison/comparison-page.js";
import type { RunComparison } from "../comparison/run-comparison.js";
import { cite } from "./bibliography.js";
import { citedLatex, escapeLatex } from "./escape.js";
import { paragraph } from "./methods.js";
import { grouped, means } from "./methods-statistics.js";
import type { TableTitle } from "./table.js";

/** One table a comparison. */
export function comparisonTables(
  comparisons: readonly RunComparison[],
): { readonly table: TableData; readonly title: TableTitle }[] {
  return comparisons.map((each, place) => ({
    table: conditionTable(`${each.first} and ${each.second}`, each.conditions),
    title: {
      caption: `${escapeLatex(each.first)} (first) beside ${escapeLatex(each.second)} (second), paired by problem: $n = ${each.shared}$ problems in both. Differences are first less second, with 95\\,\\% intervals: Newcombe, paired (share right), bootstrap over problems (log-probability). Holm: planned tests among themselves, exploratory ones over planned and exploratory ones; controls are not tested.`,
      label: `tab:codilens-comparison-${place + 1}`,
    },
  }));
}

/** What was compared and how. */
export function comparisonMethods(comparisons: readonly RunComparison[]): string {
  return [
    ...comparisons.map((each) =>
      paragraph(`${escapeLatex(each.first)} and ${escapeLatex(each.second)}`, sentences(each)),
    ),
    paragraph("Statistics", [
      `Problems are matched by their id. ${lineages(comparisons)} Right answers are compared by McNemar's exact test ${cite("mcnemar1947")} and Newcombe's interval for paired differences (method 10) ${cite("newcombe1998")}, built from Wilson's ${cite("wilson1927")}.`,
      means("differences of log-probability (nats)", comparisons[0]?.seed ?? 0),
      `Log-probabilities (in the baseline) and their changes (elsewhere) are tested by flipping signs of whole problems, all flips where at most 14 problems differ, else ${grouped(PERMUTATIONS)} drawn ones with $(b+1)/(m+1)$ ${cite("phipson2010")}.`,
      `Answers and log-probabilities are a family each; adjustment is Holm's ${cite("holm1979")}. The analysis was made with CodiLens ${cite("codilens")}.`,
    ]),
  ].join("\n");
}

/** What the models of the compared runs are, once each. */
function lineages(comparisons: readonly RunComparison[]): string {
  const names = [...new Set(comparisons.flatMap(({ protocol, protocols = [protocol, protocol] }) => protocols))];
  const known = names.map((name) => knownProtocol(name)?.methods.lineage ?? null).filter((each) => each !== null);
  return [...new Set(known)].map(citedLatex).join(" ");
}

function sentences({
  described,
  shared,
  onlyFirst,
  onlySecond,
  conditions,
  unmatched,
  families,
  notices,
}: RunComparison): string[] {
  const [first, second] = described.map(escapeLatex);
  const count = (role: string): number => conditions.filter((each) => each.role === role).length;
  return [
    `First: ${first}. Second: ${second}.`,
    `${shared} problems are in both; ${onlyFirst} in the first alone and ${onlySecond} in the second alone are left out.`,
    `${conditions.length} conditions are in both (${count("planned")} planned, ${count("exploratory")} exploratory, ${count("control")} controls); ${unmatched[0]} and ${unmatched[1]} are in one alone.`,
    ...families.map(
      ({ name, tests }) =>
        `Family \\emph{${escapeLatex(name)}}: ${tests.planned} planned and ${tests.all - tests.planned} exploratory tests.`,
    ),
    ...notices.map((notice) => `Note: ${escapeLatex(notice)}.`),
  ];
}
