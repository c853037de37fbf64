/** Which question tokens feed which latent? What BOT and each latent can no longer read of the question, at every layer and head. */

import { type PlannedCondition, range, type Study, type StudyContext } from "../study.js";
import { asKeys, randomPositions } from "./random-positions.js";

const CONTROL = "as many at random";

/** Name → positions of the question that it takes; the first position is BOS and belongs to none. */
const SPANS: readonly (readonly [string, (tokens: readonly string[]) => number[]])[] = [
  ["all numbers", numbers],
  ["first number", (tokens) => runs(numbers(tokens))[0] ?? []],
  ["last number", (tokens) => runs(numbers(tokens)).at(-1) ?? []],
  // The control: as many positions as there are of numbers, wherever they lie.
  [CONTROL, (tokens) => randomPositions(tokens, numbers(tokens).length, CONTROL)],
  ["all but numbers", (tokens) => range(tokens.length).filter((i) => i > 0 && !isNumber(tokens[i]))],
];

/** The study. Factors: `from`, the reader, and `span`, what it cannot read. */
export const questionToLatent: Study = {
  name: "question-to-latent",
  question: "Which question tokens feed which latent?",
  caveat:
    "Only the direct path is cut, and what is left of the row is renormalised; the same information may still be read through another position.",
  figure: { x: "span", y: "from", xTitle: "what can no longer be read of the question", yTitle: "reader" },
  conditions: ({ latents }: StudyContext) =>
    ["bot", ...range(latents).map((k) => `latent.${k}`)].flatMap((from) =>
      SPANS.map(([span, positions]): PlannedCondition => {
        const cut = (places: readonly number[]): string[] =>
          places.length === 0 ? [] : [`knockout(${from}→${asKeys(places)}):blocks.*.attn.hook_pattern@${from}`];
        return {
          name: `${from} cannot read ${span}`,
          factors: { from, span, ...(span === CONTROL ? { control: CONTROL } : {}) },
          interventions: cut([1]),
          forQuestion: (tokens) => cut(positions(tokens)),
        };
      }),
    ),
};

function isNumber(token: string | undefined): boolean {
  return /\d/.test(token ?? "");
}

function numbers(tokens: readonly string[]): number[] {
  return range(tokens.length).filter((i) => i > 0 && isNumber(tokens[i]));
}

/** Stretches of neighbouring positions: a number may be several tokens. */
function runs(positions: readonly number[]): number[][] {
  const all: number[][] = [];
  for (const position of positions) {
    const last = all.at(-1);
    if (last?.at(-1) === position - 1) last.push(position);
    else all.push([position]);
  }
  return all;
}
