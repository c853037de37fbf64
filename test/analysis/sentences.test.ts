/** What is said of small made-up results; the sentences were written by hand from the tables beside them. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { judgedFamilies } from "../../src/analysis/main/families.js";
import { sentences } from "../../src/analysis/main/sentences.js";
import type { CorrelationSummary, LatentSummary, Summary } from "../../src/analysis/summary-types.js";
import { shortSentence } from "../../src/exhibits/headline.js";
import type { Estimate, PValue } from "../../src/statistics/estimate.js";
import { wilson } from "../../src/statistics/proportion-interval.js";
import { budgetSentence } from "../../src/studies/budget/sentence.js";
import { apparatusSentence } from "../../src/studies/controls/sentence.js";
import type { StudyCondition } from "../../src/studies/finding.js";
import { lensMap, lensSentence } from "../../src/studies/lens/summary.js";
import { patchingSentence } from "../../src/studies/patching/sentence.js";
import { residualSentence } from "../../src/studies/residual/sentence.js";
import { sentenceOf, strongestSentence } from "../../src/studies/shared/condition-sentence.js";
import type { Compared, KnockoutCondition } from "../../src/studies/shared/knockout-effects.js";
import { knockoutSentence } from "../../src/studies/shared/knockout-sentence.js";
import { leftOutSentence, testedSentence } from "../../src/studies/shared/tested.js";
import { sharesSentence } from "../../src/studies/subsets/sentence.js";
import type { LatentShares } from "../../src/studies/subsets/shares.js";
import { ofEight } from "../support/of-eight.js";

const none = { kind: "undefined", reason: "no pair changed" } as const;
const p = (value: number): PValue => ({ kind: "value", p: value });
const at = (value: number, low: number | null = null, high: number | null = null): Estimate => ({
  kind: "value",
  value,
  low,
  high,
  n: 8,
});

/** A condition of eight problems with right baselines. */
function condition(
  name: string,
  broken: number,
  holm: PValue,
  more: Partial<KnockoutCondition> = {},
): KnockoutCondition {
  return {
    ...ofEight(name, broken),
    riskDifference: at(-broken / 8),
    mcnemar: holm,
    mcnemarHolm: holm,
    deltaLogProb: at(0),
    kl: at(0),
    ...more,
  };
}

const said = (conditions: StudyCondition[], sentence?: string): string =>
  sentenceOf(conditions, { story: sentence === undefined ? {} : { sentence }, effect: strongestSentence });

describe("what breaks the most answers", () => {
  test("of nothing: that nothing breaks, never “most”", () => {
    expect(said([condition("a", 0, none), condition("b", 0, none)])).toBe(
      "No right answer breaks under any of 2 conditions (n = 8). No condition changes whether an answer is right (n = 8 problems), so nothing can be tested.",
    );
  });

  test("one event: counted, and no change is shown instead of “0 change”", () => {
    expect(said([condition("a", 0, none), condition("b", 1, p(1))])).toBe(
      "“b” breaks the most answers: 1 of 8, 95 % Wilson [0.02, 0.47]. No change of the share of right answers is shown (McNemar, Holm-adjusted over the 1 condition with a changed answer; n = 8 problems).",
    );
  });

  test("ties are told as ties", () => {
    expect(said([condition("a", 2, p(1)), condition("b", 2, p(1)), condition("c", 2, p(1))])).toMatch(
      /^“a” and 2 more conditions break the most answers, each: 2 of 8, 95 % Wilson \[0\.07, 0\.59\]\. No change/,
    );
  });

  test("what is shown is counted of all, corrected over those that were tested", () => {
    expect(said([condition("a", 0, none), condition("b", 8, p(0.016)), condition("c", 1, p(1))])).toBe(
      "“b” breaks the most answers: 8 of 8, 95 % Wilson [0.68, 1.00]. 1 of 3 conditions is shown to change the share of right answers (McNemar, Holm-adjusted over the 2 conditions with a changed answer; n = 8 problems).",
    );
  });

  test("no right baseline", () => {
    const empty = condition("a", 0, none, { broken: { count: 0, n: 0, rate: wilson(0, 0) } });
    expect(said([empty])).toMatch(/^No baseline was right: nothing can break\. No condition changes/);
  });

  test("a study's own sentence is not filled with what stands out where nothing does", () => {
    const own = "Most is lost by “{condition}”: {broken} of {n}.";
    expect(said([condition("a", 0, none)], own)).toMatch(/^No right answer breaks under the one condition \(n = 8\)\./);
    expect(said([condition("a", 1, p(1))], own)).toBe("Most is lost by “a”: 1 of 8.");
    expect(said([condition("a", 0, none)], "{changed} of {conditions}.")).toBe("0 of 1.");
  });
});

describe("control runs", () => {
  test("of none broken and of one", () => {
    const say = (broken: number): string => apparatusSentence([condition("a", broken, none), condition("b", 0, none)]);
    expect(say(0)).toBe(
      "Of 16 control runs that must change nothing none broke a right answer; one that changes an answer is counted as failed.",
    );
    expect(say(1)).toMatch(/ 1 broke a right answer;/);
  });
});

describe("latents' shares", () => {
  const interval = (value: number, low: number, high: number) =>
    ({ kind: "value", value, low, high, method: "bca", clusters: 8, draws: 5000, undefinedDraws: 0 }) as const;
  const shares = (values: number[], pair: readonly [number, number, number] | null, others = 0): string => {
    const pairs = pair === null ? [] : Array.from({ length: 1 + others }, () => interval(...pair));
    const given: LatentShares = {
      values: values.map((each) => interval(each, each, each)),
      total: interval(
        values.reduce((sum, each) => sum + each, 0),
        0,
        1,
      ),
      pairs: pairs.map((each, i) => ({ latents: [0, i + 1], interval: each })),
      problems: 8,
    };
    return sharesSentence(given);
  };

  test("an interaction of 0 is none", () => {
    expect(shares([0.5, 0.25], [0, 0, 0])).toBe(
      "Of the share of right answers that all latents together bring (0.75 [0.00, 1.00]), latent 0 has the largest exact Shapley share: 0.50 [0.50, 0.50] (n = 8 problems). No pair has an interaction other than 0.",
    );
  });

  test("an interval with 0 in it shows neither direction; on one side of 0 it names it", () => {
    expect(shares([0.5, 0.25], [0.125, -0.1, 0.4])).toMatch(
      /latents 0 and 1: 0\.13 \[−0\.10, 0\.40\] \(the interval contains 0, so none is shown;/,
    );
    expect(shares([0.5, 0.25], [-0.25, -0.5, -0.125])).toMatch(
      /−0\.25 \[−0\.50, −0\.13\] \(each can stand in for the other;/,
    );
    expect(shares([0.5, 0.25], [0.25, 0.125, 0.5])).toMatch(/\(they need each other;/);
    expect(shares([0.5, 0.25], [0.25, 0.125, 0.5], 2)).toMatch(/latents 0 and 1 \(and 2 more of that size\): /);
  });

  test("ties and nothing at all", () => {
    expect(shares([0.25, 0.1, 0.25], null)).toMatch(/latents 0, 2 have the largest exact Shapley share each: 0\.25/);
    expect(shares([0, 0], [0, 0, 0])).toBe(
      "All latents together bring 0.00 [0.00, 1.00] to the share of right answers, and no latent has a Shapley share other than 0 (n = 8 problems).",
    );
  });

  test("undefined with the reason", () => {
    const why = { kind: "undefined", reason: "2 problems, at least 3 are needed" } as const;
    expect(sharesSentence({ values: [why], total: why, pairs: [], problems: 2 })).toBe(
      "The latents' shares are not defined (2 problems, at least 3 are needed).",
    );
  });
});

describe("how many latents are needed", () => {
  const budget = (losses: readonly boolean[]): string =>
    budgetSentence(
      losses.map((isLoss, visible) =>
        condition(`${visible}`, isLoss ? 8 : 1, p(isLoss ? 0.01 : 1), { factors: { visible } }),
      ),
    );
  const how = "(McNemar, Holm-adjusted, n = 8 problems)";

  test.each([
    [[false, false], `No smaller number of latents is shown to give fewer right answers than all of them ${how}`],
    [[true, false], `From 1 latent on no loss against all of them is shown ${how}`],
    [[true, true], `Every smaller number of latents gives fewer right answers than all of them ${how}`],
    [
      [false, true, false],
      `A loss against all of them is shown with 1 latent to read, with the other numbers it is not ${how}`,
    ],
  ])("losses %j", (losses, sentence) => {
    expect(budget(losses)).toContain(sentence);
  });
});

describe("knockouts", () => {
  const compared = (own: number, beyond: Estimate = none): Compared => ({ own: at(own), control: none, beyond });
  const say = (values: readonly Compared[]): string =>
    knockoutSentence(
      values.map((reader, i) =>
        condition(`c${i}`, 0, none, {
          knockout: {
            attention: { own: none, control: none, beyond: none },
            top: null,
            reader,
            later: { own: none, control: none, beyond: none },
          },
        }),
      ),
      [],
    );
  const what = "the change of the reader's own state after the last block, as a share of its norm,";

  test("all zero, not beyond the control, an interval on either side", () => {
    expect(say([compared(0), compared(0)])).toBe(` Under each of 2 conditions ${what} is 0.`);
    expect(say([compared(0.2, at(-0.1)), compared(0.1, at(0))])).toBe(
      ` Under none of 2 conditions ${what} is larger than in its control.`,
    );
    expect(say([compared(0.2, at(0.1, -0.1, 0.3)), compared(0.5, at(0.05, 0.01, 0.1))])).toBe(
      ` Of 2 conditions ${what} is furthest beyond its control under “c0”: 0.20, 0.10 [−0.10, 0.30] beyond it, an interval with 0 in it (n = 8; picked, so exploratory).`,
    );
  });

  test("of one condition nothing is said to be picked", () => {
    expect(say([compared(0)])).toBe(` Under “c0” ${what} is 0.`);
    expect(say([compared(0.2, at(-0.1))])).toBe(` Under “c0” ${what} is not larger than in its control.`);
    expect(say([compared(0.2)])).toBe(` Under “c0” ${what} is 0.20 (n = 8; exploratory).`);
    expect(say([compared(0.2, at(0.1, 0.05, 0.3))])).toBe(
      ` Under “c0” ${what} is 0.20, 0.10 [0.05, 0.30] beyond its control (n = 8; exploratory).`,
    );
  });
});

describe("headlines", () => {
  test("the first wording that has at most 25 words is taken; none is longer", () => {
    const long = Array(26).fill("a").join(" ");
    expect(shortSentence([long, "b c"])).toBe("b c");
    expect(shortSentence([long])).toBe(`${Array(25).fill("a").join(" ")}…`);
  });
});

describe("attention and importance", () => {
  const layer = (number: number, r: Partial<CorrelationSummary>): CorrelationSummary => ({
    layer: number,
    medianAttention: 0.1,
    pooled: at(0, -0.1, 0.1),
    withinPosition: at(0, -0.1, 0.1),
    withinProblem: at(0, -0.1, 0.1),
    twoWay: at(0, -0.1, 0.1),
    permutation: { withinPosition: p(0.9), withinProblem: p(0.9), twoWay: p(0.9) },
    withinPositionHolm: p(0.9),
    oddsRatio: at(1, 0.5, 2),
    oddsRatioTests: { score: p(0.9), likelihoodRatio: p(0.9), wald: p(0.9) },
    byLatent: [],
    ...r,
  });
  const latent = (k: number, broken: number): LatentSummary =>
    ({
      latent: k,
      broken: { count: broken, n: 8, rate: wilson(broken, 8) },
      mcnemar: broken === 0 ? none : p(1),
    }) as unknown as LatentSummary;
  const say = (latents: LatentSummary[], correlations: CorrelationSummary[]): string[] =>
    sentences({
      baseline: { n: 8, correct: 8, rate: wilson(8, 8) },
      latents,
      correlations,
      measures: [],
      families: judgedFamilies(latents, correlations, []),
    } as unknown as Summary);

  test("what takes position out is r within position, two-way r and the odds ratio: what one of them shows is said", () => {
    const found = say(
      [latent(0, 1), latent(1, 2)],
      [
        layer(8, {
          twoWay: at(-0.19, -0.3, -0.06),
          permutation: { withinPosition: p(0.9), withinProblem: p(0.9), twoWay: p(0.0034) },
        }),
      ],
    );
    // Four tests of the family at one layer: 4 × 0.0034.
    expect(found.at(-1)).toBe(
      "Once position is taken out, attention goes against importance: the two-way r at layer 8 is −0.19 [−0.30, −0.06], p = 0.014 after Holm's correction over all 4 tests of the family.",
    );
  });

  test("nothing found is said of all the tests, and an interval that corrected p do not bear out is no finding", () => {
    expect(say([latent(0, 1)], [layer(8, {})]).at(-1)).toBe(
      "Once position is taken out, none of the 3 tests that could be made here (r within position, two-way r, odds ratio) shows that attention goes with importance: every interval contains no effect, and no p is below 0.05 after Holm's correction.",
    );
    const only = say(
      [latent(0, 1)],
      [
        layer(8, {
          oddsRatio: at(0.5, 0.3, 0.9),
          oddsRatioTests: { score: p(0.03), likelihoodRatio: p(0.03), wald: p(0.03) },
        }),
      ],
    );
    expect(only.at(-1)).toBe(
      "Once position is taken out, no p is below 0.05 after Holm's correction. An interval alone, which allows for no other test, excludes no effect: the odds ratio at layer 8 is 0.50 [0.30, 0.90], p = 0.120 after Holm's correction over all 4 tests of the family; that is no finding.",
    );
  });

  test("latents that tie are zeroed one at a time", () => {
    expect(say([latent(0, 3), latent(1, 3), latent(2, 0)], [])[1]).toBe(
      "Zeroing one of latents 0, 1 breaks 3 of 8 right answers each (0.38 [0.14, 0.69]), the most; zeroing latent 2 breaks 0 of 8 right answers (0.00 [0.00, 0.32]), the fewest.",
    );
    expect(say([latent(0, 1)], [])[1]).toBe("Zeroing latent 0 breaks 1 of 8 right answers (0.13 [0.02, 0.47]).");
  });
});

describe("readings", () => {
  test("a position that names nothing, ties, and one problem", () => {
    const rows = [
      { said: ["x", "4"], steps: [3, 4], answer: 4 },
      { said: ["y", "6"], steps: [5, 6], answer: 6 },
    ];
    const map = lensMap(rows);
    expect(map === null ? "" : lensSentence(map)).toBe(
      "What the head's first choice names most often is at bot no marked value, at latent.0 the value of step 2 (2 of 2) as often as the answer (2 of 2). n = 2 problems with marked steps; another problem's value is hit in at most 0 % (the control).",
    );
    const one = lensMap(rows.slice(0, 1));
    expect(one === null ? "" : lensSentence(one)).toMatch(
      /n = 1 problem with marked steps; with one problem there is no other's value to compare with\.$/,
    );
  });

  test("nothing patched, and one pair", () => {
    const empty = { maps: [], carrying: { differs: none, same: none } };
    expect(patchingSentence({ pairs: 0, dropped: [{ reason: "no number", count: 1 }], ...empty })).toBe(
      "Nothing was patched. 0 pairs of a question and the same with one number changed; 1 problem dropped (1: no number).",
    );
  });

  test("components that contribute nothing are not the largest", () => {
    const component = { name: "embedding", kind: "embedding", block: null, own: at(0), control: none } as const;
    const target = { name: "latents", problems: 1, own: at(1), control: none, components: [component] };
    const sentence = residualSentence({ problems: 1, blocks: 1, targets: [target] });
    expect(sentence).toContain("the largest shares are of no component, all contribute 0 ");
    expect(sentence).toContain(
      "Along the same latent of another problem nothing was measured, since there is none (the control).",
    );
  });
});

test("families say what was tested, and what could not be run says why", () => {
  expect(testedSentence([condition("a", 0, none), condition("b", 0, none)])).toBe(
    "Exploratory: one family of 2 conditions, none tested: no answer changed.",
  );
  const reason = "draws on other problems, and this run has one problem only";
  expect(leftOutSentence({ conditions: ["a"], reason })).toBe(`1 condition was not run (“a”): it ${reason}.`);
  expect(leftOutSentence({ conditions: ["a", "b"], reason })).toBe(
    `2 conditions were not run (“a”, “b”): each ${reason}.`,
  );
});
