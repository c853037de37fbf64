/** Prefill, latent step and decode step of Coconut on GPT-2 small. */

import type { Context, Group, Outcome } from "../context.mjs";
import { SHAPE_GPT2, SHAPE_TINY_GPT2 } from "../make/random-gpt2.mjs";
import { aboutLines, timingTable } from "../report.mjs";
import { plain } from "./ceilings.mjs";
import { measureSteps, stepFigures, stepTargets } from "./single-steps.mjs";

async function run(context: Context): Promise<Outcome> {
  const { quick } = context.arguments;
  const bytesEach = quick ? 2 ** 29 : 2 ** 31;
  // A step takes a tenth of LLaMA-3.2-1B's: more of them, for the clock.
  const steps = quick ? 4 : 16;
  const { layers, dModel, heads, vocab } = quick ? SHAPE_TINY_GPT2 : SHAPE_GPT2;
  const measured = await measureSteps(context, { folder: context.gpt2(), protocol: "coconut", bytesEach, steps });
  const { rounds, promptTokens } = measured;
  const lines = [
    `${quick ? "A tiny GPT-2" : "GPT-2 small"} (${layers} blocks of width ${dModel}, ${heads} heads, ${vocab.toLocaleString("en")} tokens and Coconut's three), random weights, float32 everywhere; rows continue a prompt of ${promptTokens} tokens, each with an input of its own. A latent step is one position, fed the state after the final norm as it is; a decode step is one position, the head and the best token. The others repeat the prompt's cache, ours shares it.`,
    "",
    ...timingTable(rounds, measured.labels),
    "",
    ...aboutLines(rounds),
  ];
  const figures = stepFigures(context, measured, { name: "gpt2", of: "GPT-2 small" });
  return { lines, targets: stepTargets(measured, "GPT-2 small: "), figures, data: plain(rounds) };
}

/** The group. */
export const gpt2Group: Group = { name: "gpt2", run };
