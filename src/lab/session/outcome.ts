/** A run under edits or a control, beside the run without them. */

import type { LabelledTensor, RunResult } from "../../browser.js";
import { answerView, lensWords, statesOf } from "./read.js";
import type { Movement, Outcome } from "./types.js";

/** A run and the one that it is compared with, of one batch. */
export interface Pair {
  readonly run: RunResult;
  readonly clean: RunResult;
}

/** @throws NumericError where the run's numbers were not finite. */
export function outcomeOf({ run, clean }: Pair): Outcome {
  if (run.failure !== null) throw run.failure;
  if (run.layout.parts.latents === 0)
    return { ...compared({ run, clean }), answer: answerView(run), latents: [], moved: [], words: [] };
  const said = lensWords(run);
  const [now, before] = [statesOf(run), statesOf(clean)];
  const moved = now.minus(before).norm("dModel");
  const sizes = before.norm("dModel");
  const relative = [...moved.along("layer")].map(([block, row]) =>
    Array.from(row.data, (length, latent) => ratio(length, sizes.at("layer", block).data[latent] ?? 0)),
  );
  return {
    ...compared({ run, clean }),
    answer: answerView(run),
    latents: movements(now.at("layer", -1), before.at("layer", -1)),
    moved: relative,
    words: (relative[0] ?? []).map((_, latent) => said.get(`latent.${latent}`) ?? []),
  };
}

/** How an answer compares with that without edits. */
export function compared({ run, clean }: Pair): Pick<Outcome, "changed" | "deltaLogProb" | "kl"> {
  const [found, wanted] = [run.answer, clean.answer];
  const isSame =
    found.value === null && wanted.value === null ? found.text === wanted.text : found.value === wanted.value;
  return {
    changed: !isSame,
    deltaLogProb: run.logProb === null || clean.logProb === null ? null : run.logProb - clean.logProb,
    kl: run.kl,
  };
}

type States = LabelledTensor<readonly ["position", "dModel"]>;

function movements(now: States, before: States): Movement[] {
  const [moved, own, sizes] = [now.minus(before), now, before].map((each) => each.norm("dModel").data);
  return Array.from(now.dot(before, "dModel").data, (inner, latent) => {
    const [length, size] = [own?.[latent] ?? 0, sizes?.[latent] ?? 0];
    const difference = moved?.[latent] ?? 0;
    return {
      latent,
      relative: ratio(difference, size),
      // Exactly 1 where nothing moved; a state of zeros has no direction.
      cosine: difference === 0 ? 1 : ratio(inner, length * size),
    };
  });
}

function ratio(value: number, by: number): number {
  return by === 0 ? 0 : value / by;
}
