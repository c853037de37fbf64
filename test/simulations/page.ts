/** docs/statistics.md, written from what was measured. */

import type { Measured } from "./jobs.js";
import { DESIGNS } from "./studies.js";

/** Where a measured share is called to hold. */
export const LIMITS = { size: [0.04, 0.06], coverage: [0.93, 0.97] } as const;

// Below this, chance alone leaves the limits.
const FEWEST_SETS = 900;

// Positions differ in attention and in importance there, so this test's own null does not hold.
const NOT_ITS_NULL = { what: "within problem, positions exchanged", data: ["original", "embedded"] };

/** `holds`, or in which direction it does not. */
export function verdict({ kind, share, what, data, sets }: Measured): string {
  if (sets !== null && sets < FEWEST_SETS) return "too few data sets";
  if (what === NOT_ITS_NULL.what && NOT_ITS_NULL.data.includes(data)) return "not its null";
  const [low, high] = LIMITS[kind];
  if (share < low) return kind === "size" ? "conservative" : "**too short**";
  if (share > high) return kind === "size" ? "**rejects too often**" : "too long";
  return "holds";
}

/** The page. The same numbers give the same bytes. */
export function statisticsPage(
  measured: readonly Measured[],
  { sets, seed }: { readonly sets: number; readonly seed: number },
): string {
  if (measured.length === 0)
    return guide(
      "Not measured yet: `npm run simulate` measures, and writes this page anew with size, coverage and a figure.",
    );
  const error = 1.96 * Math.sqrt((0.05 * 0.95) / sets);
  const origin = `Written by \`npm run simulate -- --sets ${sets} --seed ${seed}\`; every figure below comes from that run.`;
  return `${guide(origin)}
## How often a test rejects at 5 % where there is nothing to find

Called to hold between 4 and 6 %. Of ${sets} data sets, a test with exactly 5 % shows ${percent(0.05 - error)} to ${percent(0.05 + error)} in 95 of 100 runs. Permutation tests use 399 permutations here, 9,999 in an analysis. "exact" means enumerated, not simulated; intervals of r and regressions take half as many data sets.

${table(measured, "size")}

"Within problem, positions exchanged" answers another question (see above): in \`original\` and \`embedded\` positions differ in attention and in importance, so it finds what is there. It is no test of what attention says beyond position. "Each position exchanged by itself" looks like the finer test and is not valid where problems differ in both; it is kept to show that, and no analysis here uses it. McNemar's exact test never exceeds its level and pays with power; its mid-p form is nearer to 5 %. Of the conditional logit the score test holds and is the one that an analysis gives; the likelihood ratio rejects too often where events are few, Wald too seldom. The sign-flip test takes ten times as many data sets: it is exact in theory, so a figure beside 5 % would be an error. Where fewer than 2,000 data sets are counted, the test was not defined on the others (no event, or separated outcomes).

![p-values under the null](figures/null-p-values.png)

## How often a 95 % interval holds the true value

Called to hold between 93 and 97 %. Bootstraps use 499 draws here, 5,000 in an analysis. "As given" is what an analysis prints: the studentised cluster bootstrap, no shorter than the permutation interval (whole problems exchanged within position and two-way, positions within problem).

${table(measured, "coverage")}

Percentile intervals of r stand here for comparison; no analysis gives them. A mean of log-normal differences is the hard case of any bootstrap of 100 problems: where changes of log-probability have so heavy a tail, their interval is a lower bound of the uncertainty.
`;
}

// What each test is for: it stands on the page before anything is measured, too.
function guide(origin: string): string {
  return `# Statistics

${origin} Values themselves are compared with SciPy and statsmodels to 1e-9 in the tests (\`test/fixtures/make/study_statistics.py\`); here it is asked whether the methods hold on data like a study's. How each number is computed stands in [definitions.md](definitions.md).

## When to use which

| to say | use | assumes | file |
| --- | --- | --- | --- |
| a rate | Wilson | independent problems | \`proportion-interval\` |
| accuracy of two runs on the same problems | McNemar's exact test, Newcombe's paired interval, odds ratio with exact interval | independent problems | \`paired-runs\` |
| a difference of two groups' rates | Newcombe | independent groups | \`proportion-interval\` |
| mean of a number, or of a paired difference | cluster bootstrap over problems (BCa from 20 problems on); sign flips for p | independent problems; sign flips: symmetric differences under the null | \`clustered-bootstrap\`, \`paired-runs\` |
| does attention tell **on which problem** a latent matters | r within position, whole problems exchanged | problems exchangeable; any clustering within a problem, any position effect | \`permutation\`, \`correlation-interval\` |
| the same with the problems' own levels taken out | two-way r, whole problems exchanged | as above; problems that have every position | the same |
| the same as odds | conditional logit with position indicators, score test | log odds linear in attention; enough events | \`conditional-logit\` |
| does the pattern over a problem's positions match **at all** | r within problem, positions exchanged | positions exchangeable under the null: a place that has more of both counts as a match | \`permutation\` |
| several covariates | regression with cluster-robust errors; partial r (interval only) | 30 problems or more | \`regression\`, \`partial-correlation\` |
| which latents carry an answer, alone and together | Shapley values and interactions over all 64 subsets | every subset was run | \`shapley\` |
| what a linear read-out holds | held-out R² by folds of problems, the median over draws of the folds with its spread, shuffled labels beside it | independent problems | \`linear-probe\`, \`fold-draws\` |
| several tests | a declared family: Holm over what was planned and over all, Benjamini and Hochberg over all | nothing; BH: independence or positive dependence | \`family\` |

All of them are exported by \`codilens/statistics\`, which needs neither a model nor Node:

\`\`\`ts
import { clusteredRows, correlationInterval, permutationTest, wilson } from "codilens/statistics";

const broken = wilson(30, 100); // { kind: "value", value: 0.3, low: 0.219, high: 0.396, n: 100 }, to three digits
const rows = clusteredRows(pairs); // { problem, position, x, y } each
const r = correlationInterval(rows, "within-position", { seed: 1 });
const test = permutationTest(rows, "whole-problems", { seed: 1 });
\`\`\`

Pooled r is a description only. What is not defined (fewer than three problems, constant importance, no event, separated outcomes) says why, and is never NaN or p = 0.

## The data

Importance is 0 or 1 with a position's own rate and a problem's own log odds (standard deviation 1.2). Attention is a problem's own total, shared out among six latents by weights with a position's own median and log-normal noise, so that the latents of a problem hang together. Nothing else connects the two, except in \`effect\`.

${Object.values(DESIGNS)
  .map(({ name, what }) => `- \`${name}\`: ${what}.`)
  .join("\n")}
`;
}

function table(measured: readonly Measured[], kind: Measured["kind"]): string {
  const rows = measured
    .filter((each) => each.kind === kind)
    .map((each) => ({ ...each, order: measured.findIndex(({ what }) => what === each.what) }))
    .sort((a, b) => a.order - b.order)
    .map(
      (each) =>
        `| ${each.what} | ${each.data} | ${each.problems} | ${percent(each.share)} | ${each.sets ?? "exact"} | ${verdict(each)} |`,
    );
  const head =
    kind === "size"
      ? "test | data | problems | rejects | data sets"
      : "interval | data | problems | covers | data sets";
  return [`| ${head} | |`, "| --- | --- | --- | --- | --- | --- |", ...rows].join("\n");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
