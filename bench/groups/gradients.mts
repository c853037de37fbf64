/** A gradient through all latents at every residual state, beside PyTorch's autograd. */

import { ours, python } from "../contenders/registry.mjs";
import { type Context, type Group, type Outcome, questionsOf } from "../context.mjs";
import { promptsOf } from "../prompts.mjs";
import { aboutLines, memoryTarget, ratioIn, timingTable } from "../report.mjs";
import { interleaved } from "../rounds.mjs";
import { plain } from "./ceilings.mjs";

const TOKEN = 7;
const CASES = new Map([["residuals", "all residual states"]]);

async function run(context: Context): Promise<Outcome> {
  const { quick, rounds: count } = context.arguments;
  const model = context.model();
  const [question = ""] = questionsOf([64]);
  const [ids] = await promptsOf(model, [question]);
  const gradients = await interleaved(context, {
    commands: [ours("ours-runs", model), python(context.arguments, "PyTorch autograd", "gradients_torch.py", model)],
    cases: [...CASES.keys()].map((key) => ({
      key,
      request: (name) =>
        name === "ours"
          ? { op: "gradient", questions: [question], token: TOKEN }
          : { op: "gradient", ids, token: TOKEN },
    })),
    rounds: count,
    bytesEach: quick ? 2 ** 29 : 8 * 2 ** 30,
  });
  const lines = [
    "One question of 64 tokens, six latents and EOT; the gradient of a logit by what leaves each block, through the latents. The gradients are on the host in both; ours reads the states themselves too.",
    "",
    ...timingTable(gradients, CASES),
    "",
    ...aboutLines(gradients),
  ];
  const targets = [
    {
      what: "gradient at all residual states, PyTorch's autograd / ours",
      wanted: 1,
      sense: "at least" as const,
      unit: "",
      measured: ratioIn(gradients, "residuals", "PyTorch autograd"),
    },
    memoryTarget(gradients, { what: "gradient at all residual states, peak memory beyond the weights", most: 2 }),
  ];
  return { lines, targets, figures: [], data: { gradients: plain(gradients) } };
}

/** The group. */
export const gradientsGroup: Group = { name: "gradients", run };
