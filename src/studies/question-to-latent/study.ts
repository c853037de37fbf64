/** Which question tokens feed which latent? What BOT and each latent can no longer read of the question, at every layer and head. */

import { range } from "../../base/range.js";
import { knockoutSide } from "../shared/knockout-side.js";
import { asKeys, randomPositions } from "../shared/random-positions.js";
import type { PlannedCondition, Study, StudyContext } from "../study.js";
import { namePositions, numberPositions, operationPositions, runsOf } from "./question-words.js";
import { story } from "./story.js";

const CONTROL = "as many at random";

type Positions = (tokens: readonly string[]) => readonly number[];

/** Name → positions of the question that it takes. Each but the first leaves out BOS, which every head may rest on. */
const SPANS: readonly (readonly [string, Positions])[] = [
  ["BOS", () => [0]],
  ["all numbers", numberPositions],
  ["first number", (tokens) => runsOf(numberPositions(tokens))[0] ?? []],
  ["last number", (tokens) => runsOf(numberPositions(tokens)).at(-1) ?? []],
  ["operation words", operationPositions],
  ["names", namePositions],
  ["the rest", (tokens) => others(tokens, numberPositions, operationPositions, namePositions)],
  ["all but numbers", (tokens) => others(tokens, numberPositions)],
];

/** The study. Factors: `from`, the reader, and `span`, what it cannot read; a control says in `instead` which span it stands for. */
export const questionToLatent: Study = {
  ...story,
  ...knockoutSide,
  conditions: ({ latents }: StudyContext) =>
    ["bot", ...range(latents).map((k) => `latent.${k}`)].flatMap((from) =>
      SPANS.flatMap(([span, positions]) => {
        // Wherever they lie, the same for all readers.
        const drawn: Positions = (tokens) => randomPositions(tokens, positions(tokens).length, `${CONTROL} as ${span}`);
        return [
          cut(from, `${from} cannot read ${span}`, { factors: { span }, positions }),
          cut(from, `${from} cannot read ${CONTROL} as ${span}`, {
            factors: { span: CONTROL, control: CONTROL, instead: span },
            positions: drawn,
          }),
        ];
      }),
    ),
};

function cut(
  from: string,
  name: string,
  { factors, positions }: { readonly factors: NonNullable<PlannedCondition["factors"]>; readonly positions: Positions },
): PlannedCondition {
  const knockout = (places: readonly number[]): string[] =>
    places.length === 0 ? [] : [`knockout(${from}→${asKeys(places)}):blocks.*.attn.hook_pattern@${from}`];
  return {
    name,
    factors: { from, ...factors },
    interventions: knockout([1]),
    forQuestion: (tokens) => knockout(positions(tokens)),
  };
}

/** Positions that none of some kinds takes; BOS is not among them. */
function others(tokens: readonly string[], ...kinds: readonly Positions[]): number[] {
  const taken = new Set(kinds.flatMap((kind) => kind(tokens)));
  return range(tokens.length).filter((i) => i > 0 && !taken.has(i));
}
