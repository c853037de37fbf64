/** Simulated studies: 0/1 importance with problem and position effects, attention whose latents share a sum. */

import type { ClusteredRows } from "../../src/statistics/clustered-rows.js";
import type { LogitRow } from "../../src/statistics/conditional-logit.js";
import type { RandomSource } from "../../src/statistics/random-source.js";

/** How a study comes about. Attention and importance have nothing in common but their positions where `effect` is 0. */
export interface Design {
  readonly name: string;
  readonly what: string;
  /** Chance that a right answer breaks, a position. */
  readonly rates: readonly number[];
  /** Median attention a position, up to a factor. */
  readonly attention: readonly number[];
  /** Standard deviation of a problem's own log odds of breaking. */
  readonly problemEffect: number;
  /** Log odds for one standard deviation of the attention's own noise. */
  readonly effect: number;
}

const ORIGINAL = { rates: [0.07, 0.06, 0.08, 0.1, 0.06, 0.26], attention: [15, 11, 14, 8, 17, 65] } as const;

/** Null designs, and two with an effect for the intervals. */
export const DESIGNS = {
  original: {
    name: "original",
    what: "breaking rates and mean attention by position as the original study reports them",
    ...ORIGINAL,
    problemEffect: 1.2,
    effect: 0,
  },
  embedded: {
    name: "embedded",
    what: "breaking rates and mean attention by position as of the embedded model, where two latents hardly ever matter",
    rates: [0.3, 0.23, 0.13, 0.09, 0.01, 0.002],
    attention: [9, 12, 10, 14, 20, 22],
    problemEffect: 1.2,
    effect: 0,
  },
  flat: {
    name: "flat",
    what: "all positions alike: only problems differ",
    rates: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
    attention: [1, 1, 1, 1, 1, 1],
    problemEffect: 1.2,
    effect: 0,
  },
  rare: {
    name: "rare",
    what: "all positions alike, 2 % of answers break",
    rates: [0.02, 0.02, 0.02, 0.02, 0.02, 0.02],
    attention: [1, 1, 1, 1, 1, 1],
    problemEffect: 1.2,
    effect: 0,
  },
  effect: {
    name: "effect",
    what: "as `original`, with odds of breaking 1.8 times higher for a standard deviation of attention",
    ...ORIGINAL,
    problemEffect: 1.2,
    effect: Math.log(1.8),
  },
} as const satisfies Record<string, Design>;

const TOTAL = { centre: -2, spread: 0.8 };
const NOISE = 0.6;

/** One study with as many attention layers as asked for; layers share the problem's total, importance is the same. */
export function simulateStudy(design: Design, problems: number, random: RandomSource, layers = 1): ClusteredRows[] {
  const positions = design.rates.length;
  const n = problems * positions;
  const y = new Float64Array(n);
  const attention = Array.from({ length: layers }, () => new Float64Array(n));
  const thresholds = design.rates.map((rate) => logitFor(rate, design.problemEffect));
  for (let p = 0; p < problems; p++) {
    const difficulty = design.problemEffect * random.normal();
    const ease = random.normal();
    for (let layer = 0; layer < layers; layer++) {
      const noise = design.rates.map(() => random.normal());
      const weights = design.attention.map((median, k) => median * Math.exp(NOISE * (noise[k] ?? 0)));
      const sum = weights.reduce((all, each) => all + each, 0);
      const total = 1 / (1 + Math.exp(-(TOTAL.centre + TOTAL.spread * ease)));
      for (let k = 0; k < positions; k++) {
        const row = p * positions + k;
        const values = attention[layer];
        if (values !== undefined) values[row] = (total * (weights[k] ?? 0)) / sum;
        if (layer > 0) continue;
        const odds = (thresholds[k] ?? 0) + difficulty + design.effect * (noise[k] ?? 0);
        y[row] = random.uniform() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
      }
    }
  }
  return attention.map((x) => ({
    problems,
    positions,
    start: Int32Array.from({ length: problems + 1 }, (_, p) => p * positions),
    position: Int32Array.from({ length: n }, (_, row) => row % positions),
    x,
    y,
  }));
}

/** The same rows as the conditional logit takes them. */
export function logitRows({ x, y, position, positions }: ClusteredRows): LogitRow[] {
  return Array.from(x, (each, row) => ({
    stratum: String(Math.floor(row / positions)),
    event: y[row] === 1,
    x: each,
    position: position[row] ?? 0,
  }));
}

/** Log odds whose mean chance over normal problem effects is the rate (by bisection over a 41-point sum). */
function logitFor(rate: number, spread: number): number {
  let [low, high] = [-20, 20];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    let chance = 0;
    let weight = 0;
    for (let z = -4; z <= 4; z += 0.2) {
      const density = Math.exp((-z * z) / 2);
      chance += density / (1 + Math.exp(-(middle + spread * z)));
      weight += density;
    }
    if (chance / weight < rate) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
