/** Cards and the terminal's lines: a direction is said where the whole interval lies on one side of no effect, and nowhere else. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { attentionHeadline, importanceHeadline } from "../../src/analysis/main/headlines.js";
import { sentences } from "../../src/analysis/main/sentences.js";
import { cardFigure } from "../../src/analysis/report/card-figure.js";
import type { CorrelationSummary, Summary } from "../../src/analysis/summary-types.js";
import { type Headline, wordsOf } from "../../src/exhibits/headline.js";
import { sideOf } from "../../src/exhibits/side.js";
import type { Estimate, PValue } from "../../src/statistics/estimate.js";
import { wilson } from "../../src/statistics/proportion-interval.js";
import { budgetHeadline } from "../../src/studies/budget/headline.js";
import { controlsHeadline } from "../../src/studies/controls/headline.js";
import type { StudyCondition } from "../../src/studies/finding.js";
import { lensHeadline } from "../../src/studies/lens/headline.js";
import { lensMap, lensSentence } from "../../src/studies/lens/summary.js";
import { patchingHeadline } from "../../src/studies/patching/headline.js";
import { patchingSentence } from "../../src/studies/patching/sentence.js";
import type { PatchingSummary } from "../../src/studies/patching/summary.js";
import { residualHeadline } from "../../src/studies/residual/headline.js";
import { conditionHeadline } from "../../src/studies/shared/condition-headline.js";
import { subsetsHeadline } from "../../src/studies/subsets/headline.js";
import type { LatentShares } from "../../src/studies/subsets/shares.js";
import { ofEight } from "../support/of-eight.js";

type Ends = readonly [value: number, low: number, high: number];

/** An effect shown, its opposite, and two that are none: the interval contains 0, or ends there. */
const ABOVE: Ends = [0.4, 0.1, 0.7];
const BELOW: Ends = [-0.4, -0.7, -0.1];
const UNSHOWN: readonly Ends[] = [
  [-0.34, -1, 0.02],
  [0.4, 0, 0.7],
];
const none = { kind: "undefined", reason: "no pair changed" } as const;
const p = (value: number): PValue => ({ kind: "value", p: value });
const estimate = ([value, low, high]: Ends, n = 13): Estimate => ({ kind: "value", value, low, high, n });

function condition(name: string, broken: number, more: Partial<StudyCondition> = {}): StudyCondition {
  return {
    ...ofEight(name, broken),
    riskDifference: none,
    mcnemar: none,
    mcnemarHolm: none,
    deltaLogProb: none,
    kl: none,
    ...more,
  };
}

/** What a card says; its figure's label for a screen reader names every row. */
function said(headline: Headline | null): string {
  const sentence = headline?.sentence ?? "";
  expect(wordsOf(sentence)).toBeLessThanOrEqual(25);
  expect(sentence).not.toMatch(/…$/);
  return sentence;
}

test("a side is that of the whole interval; too few problems have none", () => {
  expect([ABOVE, BELOW, ...UNSHOWN].map((each) => sideOf(estimate(each)))).toEqual([
    "above",
    "below",
    "unshown",
    "unshown",
  ]);
  expect([sideOf(estimate(ABOVE, 7)), sideOf(none), sideOf(estimate([2, 0.5, 3]), 1)]).toEqual(
    Array(3).fill("unshown"),
  );
  expect(sideOf(estimate([2, 1.5, 3]), 1)).toBe("above");
});

describe("attention and importance", () => {
  const layer = (number: number, r: Ends, holm: number): CorrelationSummary =>
    ({
      layer: number,
      medianAttention: 0.1,
      pooled: estimate([-0.08, -0.71, 0.31]),
      withinPosition: estimate(r),
      withinProblem: estimate(r),
      twoWay: none,
      oddsRatio: none,
      withinPositionHolm: p(holm),
    }) as unknown as CorrelationSummary;
  const summary = (correlations: readonly CorrelationSummary[], holm = 0.01): Summary =>
    ({
      baseline: { n: 20, correct: 13, rate: wilson(13, 20) },
      latents: [{ latent: 0, broken: { count: 3, n: 13, rate: wilson(3, 13) } }],
      correlations,
      measures: [{ measure: "rollout", layer: 1, withinPosition: estimate(UNSHOWN[0] ?? ABOVE) }],
      families: [
        {
          name: "attention",
          tests: { all: 2, planned: 1 },
          hypotheses: [
            { id: "layer 1: r within position", holm: p(holm), holmPlanned: p(holm) },
            { id: "layer 1: rollout, r within position", holm: p(holm) },
          ],
        },
      ],
    }) as unknown as Summary;
  const say = (...layers: CorrelationSummary[]): string => said(attentionHeadline(summary(layers)));

  test("the card's verb follows the interval, whatever p is", () => {
    expect(say(layer(1, ABOVE, 0.01))).toMatch(/^Attention goes with importance: within position r = 0\.40 /);
    expect(say(layer(1, BELOW, 0.01))).toMatch(/^Attention goes against importance: within position r = −0\.40 /);
    for (const each of UNSHOWN)
      expect(say(layer(1, each, 0.01))).toMatch(/^Attention is not shown to predict importance: within position r = /);
  });

  test("nor is it found where p, corrected for the other layers, is not below 0.05", () => {
    expect(say(layer(1, ABOVE, 0.06))).toMatch(/^Attention is not shown to predict importance/);
  });

  test("a layer that shows it stands before one with a larger r that does not", () => {
    expect(say(layer(1, [0.8, -0.1, 1], 0.01), layer(3, BELOW, 0.01))).toMatch(/^Attention goes against .*\(layer 3,/);
  });

  test("the section's sentences follow it too", () => {
    const sentencesOf = (r: Ends): string[] => sentences(summary([layer(1, r, 0.01)])).slice(-2);
    expect(sentencesOf(ABOVE)[0]).toMatch(/^Once position is taken out, attention goes with importance: the r within/);
    expect(sentencesOf(BELOW)[0]).toMatch(/taken out, attention goes against importance: the r within/);
    const [within, measures] = sentencesOf(UNSHOWN[0] ?? ABOVE);
    expect(within).toBe(
      "Once position is taken out, no test shows that attention goes with importance or against it. A p below 0.05 whose interval contains no effect is no finding either: the r within position at layer 1 is −0.34 [−1.00, 0.02], p = 0.010 after Holm's correction over the 1 planned.",
    );
    expect(measures).toContain("none is shown to differ from 0");
  });

  test("without a right answer the section is there, to which the card leads", () => {
    const wrong = { ...summary([layer(1, ABOVE, 0.01)]), baseline: { n: 8, correct: 0, rate: wilson(0, 8) } };
    const broken = { count: 0, n: 0, rate: wilson(0, 0) };
    const all = { ...wrong, latents: [{ latent: 0, broken }] } as unknown as Summary;
    expect(sentences(all).slice(1)).toEqual([
      "Importance is not defined: no baseline answer was right.",
      "Whether attention goes with importance: too few to say (n = 0 right answers).",
    ]);
  });
});

describe("the latents' importance", () => {
  const importance = (broken: readonly number[], n: number): string =>
    said(
      importanceHeadline({
        latents: broken.map((count, latent) => ({ latent, broken: { count, n, rate: wilson(count, n) } })),
        studies: [{ conditions: [condition("random", 4, { factors: { latent: 0, kind: "random direction" } })] }],
      } as unknown as Summary),
    );

  test("the most is said of one alone, and nothing of none", () => {
    expect(importance([3, 2], 8)).toMatch(/^Zeroing latent 0 breaks 3 of 8 /);
    expect(importance([0, 0], 8)).toMatch(/^Zeroing any one latent breaks 0 of 8 /);
  });

  test("few problems have a whole sentence", () => {
    expect(importance([5, 5], 5)).toBe(
      "Zeroing latent 0 breaks 5 of 5 (too few to say); a random direction of the same norm breaks 4 (0.50 [0.22, 0.78]).",
    );
  });
});

describe("conditions", () => {
  test("what breaks as many is counted", () => {
    const all = [condition("ablation, zero: latent.0 at layer 3", 5), condition("b", 5), condition("c", 2)];
    expect(said(conditionHeadline(all))).toBe(
      "“ablation, zero: latent.0 at …” and 1 more break the most answers, each: 5 of 8 (0.63 [0.31, 0.86]); it has no control.",
    );
    expect(said(conditionHeadline(all.slice(1)))).toMatch(/^“b” breaks the most answers: 5 of 8/);
  });

  test("a long name, ties and few problems still end in a whole sentence", () => {
    const few = { count: 1, n: 6, rate: wilson(1, 6) };
    const names = ["a", "b"].map((end) => `layer map: zero latent.0 at layer 3 ${end}`);
    const all = names.map((each) => condition(each, 1, { broken: few }));
    const control = condition("c", 0, { isControl: true, broken: { ...few, count: 0, rate: wilson(0, 6) } });
    expect(said(conditionHeadline([...all, control]))).toMatch(/its control breaks 0 \(too few to say\)\.$/);
  });

  test("controls on few problems", () => {
    const few = { broken: { count: 0, n: 5, rate: wilson(0, 5) }, right: { count: 5, n: 5, rate: wilson(5, 5) } };
    const all = [condition("a", 0, few), condition("b", 0, { ...few, factors: { control: "no latents" } })];
    expect(said(controlsHeadline(all))).toBe(
      "Of 5 runs that must change nothing, none breaks an answer; with no latent to read, 5 of 5 are right (too few to say).",
    );
  });

  test("latents to read: beside how many are right with all, and nothing to lose where none is", () => {
    const level = condition("none", 6, { factors: { visible: 0 } });
    expect(said(budgetHeadline([level]))).toBe(
      "Right answers: 2 of 8 (0.25 [0.07, 0.59]) with no latent to read, 8 with all.",
    );
    const lost = { ...level, broken: { count: 0, n: 0, rate: wilson(0, 0) } };
    expect(said(budgetHeadline([lost]))).toBe(
      "No answer is right with all latents to read (n = 8), so fewer can lose none.",
    );
  });
});

describe("shares, patches, components and values", () => {
  const shares = (values: readonly Ends[], problems = 13): LatentShares => {
    const interval = ([value, low, high]: Ends) =>
      ({ kind: "value", value, low, high, method: "bca", clusters: problems, draws: 5000, undefinedDraws: 0 }) as const;
    return { values: values.map(interval), total: interval([0.5, 0, 1]), pairs: [], problems };
  };

  test("a latent brings most where its share is shown", () => {
    expect(said(subsetsHeadline(shares([BELOW, ABOVE]), []))).toMatch(/^Latent 1 brings most: Shapley share 0\.40 /);
    for (const each of [...UNSHOWN, BELOW])
      expect(said(subsetsHeadline(shares([each]), []))).toMatch(
        /^No latent is shown to bring right answers: the largest/,
      );
    expect(said(subsetsHeadline(shares([ABOVE], 5), []))).toBe("Which latent brings most: too few to say (n = 5).");
  });

  const patching = (effect: Ends, pairs: number, unrelated: number | null = null): PatchingSummary => {
    const cell = (row: string) => ({
      row,
      column: "5",
      effect: estimate(effect, pairs),
      moved: { count: 1, n: pairs, rate: wilson(1, pairs) },
    });
    const cells = [cell("bot and latents"), cell("latent.0")];
    const map = { direction: "noising", site: "resid", at: null, control: null, cells, pairs };
    const others =
      unrelated === null
        ? []
        : [
            {
              ...map,
              control: "unrelated",
              cells: cells.map((each) => ({ ...each, effect: estimate([unrelated, 0, 1], 7) })),
            },
          ];
    return { pairs, dropped: [], maps: [map, ...others], carrying: { differs: none, same: none } };
  };

  test("latents carry the answer where the effect is shown", () => {
    const say = (effect: Ends, pairs = 13): string => said(patchingHeadline(patching(effect, pairs)));
    expect(say(ABOVE)).toMatch(/^BOT and all latents at block 5 carry 0\.40 \[0\.10, 0\.70\] of the answer/);
    expect(say(BELOW)).toMatch(/^BOT and all latents move the answer away/);
    for (const each of UNSHOWN) expect(say(each)).toMatch(/^BOT and all latents are not shown to carry the answer/);
    expect(said(patchingHeadline(patching(ABOVE, 13, 0.05)))).toMatch(/carry 0\.40 .*an unrelated problem's, 0\.05/);
    expect(said(patchingHeadline(patching(ABOVE, 13, 0.62)))).toMatch(
      /are not shown to carry more than an unrelated problem's: 0\.40 .* against 0\.62/,
    );
    expect(say(ABOVE, 5)).toMatch(/^Whether BOT and all latents carry the answer: too few to say/);
    expect(patchingSentence(patching(ABOVE, 13))).toContain("Of single positions latent.0 at block 5 does most");
    expect(patchingSentence(patching([0.4, 0, 0.7], 13))).toContain("No single position is shown to move");
  });

  test("a component adds or takes where that is shown", () => {
    const say = (own: Ends, problems = 13): string => {
      const component = {
        name: "block 4 MLP",
        kind: "mlp",
        block: 4,
        own: estimate(own, problems),
        control: none,
      } as const;
      const target = { name: "answer", problems, own: none, control: none, components: [component] };
      return said(residualHeadline({ problems, blocks: 6, targets: [target] }));
    };
    expect(say(ABOVE)).toMatch(/^Block 4 MLP adds most to the answer's logit: 0\.40 /);
    expect(say(BELOW)).toMatch(/^Block 4 MLP takes most from the answer's logit: −0\.40 /);
    for (const each of UNSHOWN)
      expect(say(each)).toMatch(/^No component is shown to change the answer's logit; block 4 MLP: /);
    expect(say(ABOVE, 5)).toMatch(/: too few to say \(n = 5\)\.$/);
  });

  test("a head that names no value names none", () => {
    const rows = Array.from({ length: 8 }, () => ({ said: ["x", "y"], steps: [3], answer: 4 }));
    const map = lensMap(rows);
    expect(said(map === null ? null : lensHeadline(map))).toBe(
      "The head's first choice names no value of the solution at any position: 0 of 8 (0.00 [0.00, 0.32]).",
    );
    const few = lensMap(Array.from({ length: 5 }, () => ({ said: ["x", "3"], steps: [3], answer: 4 })));
    expect(said(few === null ? null : lensHeadline(few))).toBe(
      "The head names the value of step 1 at latent 0 in 5 of 5 problems (too few to say); another problem's value: 1.00.",
    );
    expect(map === null ? "" : lensSentence(map)).toMatch(
      /^The head's first choice names no marked value at any position\./,
    );
  });
});

describe("a card's small figure", () => {
  const drawn = (...labels: string[]): { x: number; anchor: string; label: string }[] => {
    const svg = cardFigure(
      labels.map((label) => ({ label, own: estimate(ABOVE), control: null })),
      "share",
    );
    return [...svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" text-anchor="(\w+)">([^<]*)/g)]
      .map(([, x, anchor = "", label = ""]) => ({ x: Number(x), anchor, label }))
      .slice(0, labels.length);
  };

  test("an axis of one value names it once", () => {
    const svg = cardFigure([{ label: "a", own: estimate([0, 0, 0]), control: null }], "share");
    expect(svg.match(/>0\.00</g)?.length).toBe(1);
  });

  test("short labels stand beside their marks, and a long one puts each on its own line, where it has room", () => {
    expect(drawn("latent 0", "latent 1").every(({ anchor, x }) => anchor === "end" && x === 110)).toBe(true);
    const long = ["ablation, zero: latent.0 at layer 3", "b", `first ${"a".repeat(60)} last`];
    const lines = drawn(...long);
    expect(lines.every(({ anchor, x }) => anchor === "start" && x < 5)).toBe(true);
    expect(lines.slice(0, 2).map(({ label }) => label)).toEqual(long.slice(0, 2));
    // A letter takes at most 6.4 of the drawing's 300 units.
    expect((lines[2]?.label.length ?? 99) * 6.4).toBeLessThanOrEqual(298);
    expect(lines[2]?.label).toMatch(/^first a+…a+ last$/);
  });
});
