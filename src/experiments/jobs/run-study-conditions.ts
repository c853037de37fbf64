/** Runs any study's conditions on some questions, under any protocol. */

import { at } from "../../model/hooks/address.js";
import { blockSite } from "../../model/hooks/names.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { NamedValue } from "../../model/latent/run/writers.js";
import type { CommonOptions, RunResult } from "../../model/latent/run-types.js";
import type { StudyCondition } from "../../studies/study.js";

/** Runs all conditions for some problems. @returns `[question][condition]`. */
export async function runStudyConditions(
  model: CodiModel,
  questions: readonly string[],
  conditions: readonly StudyCondition[],
  options: CommonOptions & { readonly ablateLayer: number },
): Promise<RunResult[][]> {
  const { ablateLayer, ...common } = options;
  if (protocolOf(model.protocol).studies.recomputesLatents) return model.runConditions(questions, conditions, common);
  const results: RunResult[][] = [];
  for (const [index, question] of questions.entries()) {
    const values = await cleanInputs(model, question, ablateLayer);
    const expected = common.expected?.slice(index, index + 1);
    results.push(
      ...(await model.runConditions([question], conditions, {
        ...common,
        values,
        ...(expected === undefined ? {} : { expected }),
      })),
    );
  }
  return results;
}

/** What that study recorded: the layer's input at each latent of the clean run, as `clean-input.k`. */
async function cleanInputs(model: CodiModel, question: string, layer: number): Promise<Record<string, NamedValue>> {
  const site = blockSite(layer, "hook_resid_pre");
  const [clean] = await model.runBatch([question], { capture: [site], maxNewTokens: 1 });
  if (clean === undefined) throw new RangeError("The clean run gave no result");
  const { data } = clean.captures.get(site);
  const width = model.config.dModel;
  const latents = clean.layout.indicesOf(at.latent());
  return Object.fromEntries(
    latents.map((place, k) => [
      `clean-input.${k}`,
      { shape: [width], data: data.slice(place * width, (place + 1) * width) },
    ]),
  );
}
