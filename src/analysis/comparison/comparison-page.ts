/** The comparison as one page that opens offline: one style sheet, no script, no request. */

import { show, showP } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import { escapeHtml, escapeProse, inlineSvg } from "../report/html.js";
import { htmlTable, note } from "../report/html-table.js";
import { pageHead } from "../report/page-head.js";
import type { ComparedCondition, RunComparison } from "./run-comparison.js";

// Longer tables are folded.
const SHOWN_ROWS = 12;

/** @param svgs one a comparison. @returns the whole page; text that came from data is escaped. */
export function comparisonPage(comparisons: readonly RunComparison[], svgs: readonly string[]): string {
  const [{ first = "" } = {}] = comparisons;
  const title = escapeHtml(`CodiLens: ${first} beside ${comparisons.map(({ second }) => second).join(", ")}`);
  const warnings = comparisons.flatMap(({ protocol }) => protocolOf(protocol).warning ?? []);
  const banner = [
    ...warnings.slice(0, 1).map(({ title: heading, text }) => note(heading, text)),
    ...(comparisons.some(({ testMode }) => testMode)
      ? [note("Test mode", "A small sample for trying out; not for reporting.")]
      : []),
  ].join("\n");
  return `${pageHead(title)}
<body><main>
<h1>${title}</h1>
${banner}
${comparisons.map((each, place) => section(each, svgs[place] ?? "", place)).join("\n")}
<h2>How to read it</h2>
<ul>
<li>Problems are matched by their id; each condition counts the problems that have it in both runs.</li>
<li>Only problems that one run gets right and the other does not tell of a difference: McNemar's exact test counts them, Newcombe's paired interval is of the difference of the shares.</li>
<li>A difference under a condition holds the baselines' difference too. The change of log-probability is against each run's own baseline.</li>
<li>Baseline and zeroed latents are planned and Holm-adjusted among themselves, the other studies' conditions are exploratory and adjusted over planned and exploratory ones; controls are shown and not tested. Answers and log-probabilities are one family each and comparison.</li>
<li>All numbers are in <code>tables/comparison.csv</code> and <code>comparison.json</code>.</li>
</ul>
</main></body></html>
`;
}

function section(comparison: RunComparison, svg: string, place: number): string {
  const { first, second, described, conditions, onlyFirst, onlySecond, unmatched, notices } = comparison;
  const left = [
    ...(onlyFirst + onlySecond === 0
      ? []
      : [`${onlyFirst} problems are in the first alone, ${onlySecond} in the second alone: left out.`]),
    ...(unmatched[0] + unmatched[1] === 0
      ? []
      : [`${unmatched[0]} conditions are in the first alone, ${unmatched[1]} in the second alone: left out.`]),
    ...notices,
  ];
  const number = `Figure ${place + 1}`;
  const rows = htmlTable(conditionTable(`${first} and ${second}`, conditions));
  return `<section><h2>${escapeHtml(`${first} and ${second}`)}</h2>
<p class="meta">${escapeHtml(`first: ${first} (${described[0]}); second: ${second} (${described[1]})`)}</p>
<section class="answer" aria-label="${escapeHtml(`Result: ${first} and ${second}`)}"><p>${escapeProse(comparison.sentence)}</p></section>
${left.map((each) => `<p class="meta">${escapeHtml(each)}</p>`).join("\n")}
<figure aria-label="${number}"><div class="paper" role="region" aria-label="${number}, drawing" tabindex="0">${inlineSvg(svg, `f${place + 1}`)}</div><figcaption><strong>${number}.</strong> ${escapeProse(caption(comparison))}</figcaption></figure>
${conditions.length > SHOWN_ROWS ? `<details><summary>All ${conditions.length} conditions</summary>${rows}</details>` : rows}</section>`;
}

function caption({ shared }: RunComparison): string {
  return `Left: share of right answers in the first run less that in the second, with Newcombe's paired 95 % interval; test: McNemar's exact. Right: the expected number's log-probability (baseline), or its change against the own baseline, first less second, with 95 % bootstrap interval over problems; test: sign flips of whole problems. n = ${shared} problems in both; filled points: Holm-adjusted p below 0.05.`;
}

/** All conditions of one comparison. */
export function conditionTable(name: string, conditions: readonly ComparedCondition[]): TableData {
  return table(name, {
    header: [
      "condition",
      "role",
      "right, first",
      "right, second",
      "only first : only second",
      "difference [95 %]",
      "p (McNemar)",
      "p (Holm)",
      "log-probability, nats [95 %]",
      "p (sign flips)",
      "p (Holm)",
    ],
    rows: conditions.map((each) => [
      each.condition,
      each.role,
      `${each.counts.both + each.counts.firstOnly} of ${each.n}`,
      `${each.counts.both + each.counts.secondOnly} of ${each.n}`,
      `${each.counts.firstOnly} : ${each.counts.secondOnly}`,
      show(each.difference),
      showP(each.mcnemar),
      showP(each.mcnemarHolm),
      show(each.logProb),
      showP(each.signFlip),
      showP(each.signFlipHolm),
    ]),
  });
}
