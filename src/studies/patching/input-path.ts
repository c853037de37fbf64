/** The way from the embeddings of a pair's counterfactual to those of its question, and gradients on it: what integrated gradients are the mean of. */

import type { BoundIntervention } from "../../model/hooks/bound.js";
import { add } from "../../model/hooks/bound-operations.js";
import type { Hook } from "../../model/hooks/hook.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { GradientResult } from "../../model/latent/gradient/types.js";
import type { Captures } from "../../model/latent/readings/capture.js";
import { INTEGRATED_STEPS } from "./cost.js";
import { contrastOf, type Pair } from "./pairs.js";

/** What a question's tokens enter as. */
export const INPUT = "hook_embed";

/** A gradient of a pair's base. */
export interface InputStep {
  readonly pair: Pair;
  /** What is added to the question's embeddings first. */
  readonly interventions: readonly (BoundIntervention | Hook)[];
}

/** Gradients of the logit difference of the two numbers, where they part. @returns one a step. */
export function gradientsOf(
  model: CodiModel,
  steps: readonly InputStep[],
  { at, budgetBytes }: { readonly at: readonly string[]; readonly budgetBytes: number },
): Promise<GradientResult[]> {
  const contrasts = steps.map(({ pair }) => contrastOf(pair, "clean"));
  const answerOf = (step: number): readonly number[] => contrasts[step]?.tokens.slice(0, -1) ?? [];
  return model.gradientBatch(
    steps.map(({ pair }) => pair.clean.question),
    {
      of: (step) => {
        const { tokens = [], other = 0 } = contrasts[step] ?? {};
        const before = answerOf(step).length;
        const position = before === 0 ? "eot" : (`answer.${before - 1}` as const);
        return { kind: "logit-difference", position, token: tokens.at(-1) ?? 0, minus: other };
      },
      at,
      answer: answerOf,
      interventions: (step) => steps[step]?.interventions ?? [],
      budgetBytes,
    },
  );
}

/** By how much the input of one position differs. */
export interface InputChange {
  readonly position: number;
  /** Source less base. */
  readonly by: Float32Array;
}

/** Where the embeddings of a pair's two questions differ. */
export function wayTo(source: Captures, base: Captures, { changed }: Pick<Pair, "changed">): InputChange[] {
  const [to, from] = [source.get(INPUT), base.get(INPUT)];
  const width = to.shape.at(-1) ?? 0;
  return changed.map((position) => ({
    position,
    by: to.data
      .slice(position * width, (position + 1) * width)
      .map((value, i) => value - (from.data[position * width + i] ?? 0)),
  }));
}

/** The steps 1 … m − 1 of m: what brings the base's input so near to the source's. */
export function stepsBefore(changes: readonly InputChange[]): BoundIntervention[][] {
  return Array.from({ length: INTEGRATED_STEPS - 1 }, (_, i) => {
    const share = 1 - (i + 1) / INTEGRATED_STEPS;
    return changes.map(({ position, by }) =>
      add(INPUT, `question.${position}`, { vector: by.map((value) => share * value) }),
    );
  });
}
