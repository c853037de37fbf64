/** Prefill, latent step and decode step of CODI at the LLaMA-3.2-1B shape. */

import type { Context, Group, Outcome } from "../context.mjs";
import { aboutLines, memoryTarget, secondsIn, timingTable } from "../report.mjs";
import { digits, gib, type Target } from "../table.mjs";
import { ceilings, plain } from "./ceilings.mjs";
import { measureSteps, stepFigures, stepTargets } from "./single-steps.mjs";

async function run(context: Context): Promise<Outcome> {
  const bytesEach = context.arguments.quick ? 2 ** 29 : 6 * 2 ** 30;
  const measured = await measureSteps(context, { folder: context.model(), protocol: "codi", bytesEach, steps: 4 });
  const { rounds, promptTokens } = measured;
  const limits = await ceilings(context);
  const parameters = rounds.parameters ?? Number.NaN;
  const share64 = (2 * parameters * 64) / secondsIn(rounds, "decode 64") / limits.flops;
  const share1 = (4 * parameters) / secondsIn(rounds, "decode 1") / limits.bandwidth;
  const targets: Target[] = [
    ...stepTargets(measured),
    { ...atLeast("share of the measured sgemm peak at 64 rows", 70, 100 * share64), unit: " %" },
    { ...atLeast("share of the measured memory bandwidth at 1 row", 80, 100 * share1), unit: " %" },
    memoryTarget(rounds, { what: "peak memory beyond the weights", most: 1 }),
  ];
  const lines = [
    `One prompt, float32 everywhere; rows continue a prompt of ${promptTokens} tokens, each with an input of its own. A latent step is one position and the projection, a decode step one position, the head and the best token. The others repeat the prompt's cache, ours shares it.`,
    "",
    ...timingTable(rounds, measured.labels),
    "",
    `A decode step at 64 rows is ${digits((2 * parameters * 64) / 1e9)} GFLOP and takes ${digits(100 * share64)} % of the peak of ${digits(limits.flops / 1e9)} GFLOP/s; at 1 row it reads ${gib(4 * parameters)} at ${digits(100 * share1)} % of ${digits(limits.bandwidth / 1e9)} GB/s.`,
    "",
    ...aboutLines(rounds),
  ];
  const figures = stepFigures(context, measured, { name: "steps", of: "LLaMA-3.2-1B shape" });
  return { lines, targets, figures, data: { ...plain(rounds), share64, share1 } };
}

function atLeast(what: string, wanted: number, measured: number): Target {
  return { what, wanted, sense: "at least", unit: "", measured };
}

/** The group. */
export const stepsGroup: Group = { name: "steps", run };
