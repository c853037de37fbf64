/** The tables of token ablation and attention, and of the sample. */

import { correlationOf, show, showP, signed } from "../../exhibits/number-text.js";
import { type TableData, table, UNTESTED } from "../../exhibits/table.js";
import type { JudgedFamily } from "../../statistics/family.js";
import { wilson } from "../../statistics/proportion-interval.js";
import type { Summary } from "../summary-types.js";
import { byLayer } from "./by-layer.js";
import { measureTest } from "./families.js";

/** Accuracy and importance by difficulty. */
export function levelTable({ levels, allLatents }: Summary): TableData {
  return table("By level", {
    header: [
      "level",
      "problems",
      "right",
      "accuracy [95 %]",
      "mean importance",
      ...allLatents.map(({ kind }) => `accuracy, ${kind}`),
    ],
    rows: levels.map(({ level, n, correct, rate, importance }) => [
      level,
      String(n),
      String(correct),
      show(rate),
      show(importance),
      ...atLevel(allLatents, level).map(({ right }) => show(right.rate)),
    ]),
    keys: levels,
  });
}

/** Importance by level and latent. */
export function heatTable({ heat, allLatents }: Summary): TableData {
  return table("By level and latent", {
    header: ["level", "latent", "broken", "rate [95 %]", ...allLatents.map(({ kind }) => `broken, ${kind}`)],
    rows: heat.map(({ level, latent, broken, n }) => [
      level,
      String(latent),
      `${broken} of ${n}`,
      show(wilson(broken, n)),
      ...atLevel(allLatents, level).map(({ broken: all }) => `${all.count} of ${all.n}`),
    ]),
    keys: heat,
  });
}

function atLevel(allLatents: Summary["allLatents"], level: string): Summary["allLatents"][number]["byLevel"][number][] {
  return allLatents.flatMap(({ byLevel }) => byLevel.filter((each) => each.level === level));
}

/** What zeroing each latent did. */
export function latentTable({ latents, allLatents }: Summary): TableData {
  return table("By latent", {
    header: [
      "latent",
      "broken",
      "rate [95 %]",
      "mended",
      "right less baseline [95 %]",
      "broken : mended [95 %]",
      "McNemar p",
      "p (Holm)",
      "Δ log p of the expected number [95 %]",
      "KL at the number, nats [95 %]",
    ],
    rows: [
      ...latents.map((each) => [
        String(each.latent),
        `${each.broken.count} of ${each.broken.n}`,
        show(each.broken.rate),
        `${each.mended.count} of ${each.mended.n}`,
        show(each.riskDifference),
        show(each.oddsRatio),
        showP(each.mcnemar),
        showP(each.mcnemarHolm),
        show(each.deltaLogProb),
        show(each.kl),
      ]),
      ...allLatents.map(({ kind, broken, riskDifference, deltaLogProb, kl }) => [
        `all: ${kind}`,
        `${broken.count} of ${broken.n}`,
        show(broken.rate),
        "–",
        show(riskDifference),
        "–",
        UNTESTED.control,
        UNTESTED.control,
        show(deltaLogProb),
        show(kl),
      ]),
    ],
    keys: [...latents, ...allLatents.map(() => ({}))],
  });
}

/** Attention against importance by layer. */
export function correlationTable(summary: Summary): TableData {
  return table("Attention and importance", {
    header: [
      "layer",
      "pooled r (description) [95 %]",
      "r within position [95 %]",
      "r within problem [95 %]",
      "two-way r [95 %]",
      "odds ratio for 1 SD [95 %]",
    ],
    rows: byLayer(summary).map(({ layer, pooled, withinPosition, withinProblem, twoWay, oddsRatio }) => [
      String(layer),
      ...[pooled, withinPosition, withinProblem, twoWay, oddsRatio].map((each) =>
        show(correlationOf(each, summary.baseline.correct)),
      ),
    ]),
  });
}

/** Other measures of attention against importance, by layer, each measure's rows together. */
export function measureTable({ measures, families, baseline }: Summary): TableData {
  const hypotheses = families.find(({ name }) => name === "attention")?.hypotheses ?? [];
  const corrected = (id: string): string => {
    const p = hypotheses.find((each) => each.id === id)?.holm;
    return p === undefined ? "–" : showP(p);
  };
  return table("Other measures of attention and importance", {
    header: [
      "measure",
      "layer",
      "r within position [95 %]",
      "p",
      "p (Holm)",
      "r within problem [95 %]",
      "p",
      "p (Holm)",
    ],
    rows: measures.map(({ measure, layer, withinPosition, withinProblem, permutation }) => [
      measure,
      String(layer),
      show(correlationOf(withinPosition, baseline.correct)),
      showP(permutation.withinPosition),
      corrected(measureTest(layer, measure, "within position")),
      show(correlationOf(withinProblem, baseline.correct)),
      showP(permutation.withinProblem),
      corrected(measureTest(layer, measure, "within problem")),
    ]),
  });
}

/** Every test of a family with its corrections. */
export function familyTable({ name, hypotheses }: JudgedFamily): TableData {
  return table(`Tests: ${name}`, {
    header: ["hypothesis", "role", "p", "Holm, planned", "Holm, all", "Benjamini–Hochberg, all"],
    rows: hypotheses.map((each) => [
      each.id,
      each.role,
      showP(each.p),
      each.holmPlanned === null ? "–" : showP(each.holmPlanned),
      showP(each.holm),
      showP(each.benjaminiHochberg),
    ]),
  });
}

/** The original study's correlation over all rows, its p computed as if rows were independent. */
export function originalTable({ original }: Summary): TableData {
  const missing = "not defined";
  return table("Original statistics", {
    header: ["layer", "r over all rows", "p from t"],
    rows: Object.entries(original.overall_correlation)
      .map(([key, { r, p }]) => ({ layer: Number(key.replace("layer_", "")), r, p }))
      .sort((a, b) => a.layer - b.layer)
      .map(({ layer, r, p }) => [
        String(layer),
        r === null ? missing : signed(r),
        p === null ? missing : showP({ kind: "value", p }),
      ]),
  });
}
