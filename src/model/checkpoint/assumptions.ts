/** What a checkpoint's files leave open, of what plays a part in this checkpoint. */

import { type Assumed, assumedField } from "../assumed.js";
import type { CodiConfig } from "../latent/config.js";
import { postProcessor, templateStart } from "../tokenizer/template.js";
import type { WeightPlan } from "./planned-weights.js";

/** What the assumptions are found from. */
export interface AssumptionParts {
  /** Parsed `codi.json`; undefined where there is none. */
  readonly codiJson: unknown;
  readonly codi: CodiConfig;
  readonly plan: Pick<WeightPlan, "adapter" | "prjDim" | "weights">;
  readonly tokenizerJson: unknown;
  /** Null for a family that begins no prompt with BOS. */
  readonly bosTokenId: number | null;
  /** Names of settings that the caller gives, such as `protocol`. */
  readonly given: readonly string[];
}

/** In the order of `codi.json`'s documentation; none for a model without latents. */
export function assumptionsOf({ codiJson, codi, plan, given, ...rest }: AssumptionParts): Assumed[] {
  const fields = (codiJson ?? {}) as Readonly<Record<string, unknown>>;
  const latents: [string, Assumed["value"]][] = [
    ["num_latents", codi.numLatents],
    ["remove_eos", codi.removeEos],
    ["protocol", codi.protocol],
    ["pad_token_id", codi.padTokenId],
    ["bot_token_id", codi.botTokenId],
    ["eot_token_id", codi.eotTokenId],
  ];
  const used: [string, Assumed["value"]][] = [
    // An adapter's own file gives its alpha.
    ...(hasOwnPairs(plan) ? ([["lora_alpha", codi.loraAlpha]] as [string, number][]) : []),
    ...(plan.prjDim === null ? [] : latents),
    // Read off the weights; a file that lost two tensors looks the same.
    ...(plan.prjDim === null || plan.weights.has("prj.ln.weight")
      ? []
      : ([["prj_layer_norm", false]] as [string, boolean][])),
  ];
  return [
    ...used
      .filter(([name]) => fields[name] === undefined && !given.includes(name))
      .map(([name, value]) => assumedField(name, value, codiJson !== undefined)),
    ...(plan.prjDim === null ? [] : assumedBos(rest)),
  ];
}

/** Trained with BOS before the question, as LLaMAs are; a tokenizer without a template for it does not say so. */
function assumedBos({ tokenizerJson, bosTokenId }: Pick<AssumptionParts, "tokenizerJson" | "bosTokenId">): Assumed[] {
  const { post_processor: post = null } = (tokenizerJson ?? {}) as { post_processor?: unknown };
  const read = postProcessor.safeParse(post);
  // What cannot be read is refused with the tokenizer.
  if (bosTokenId === null || !read.success || templateStart(read.data) !== null) return [];
  return [
    {
      what: "BOS before the question",
      value: bosTokenId,
      why: "tokenizer.json has no template that puts it there",
      mend: "a TemplateProcessing post_processor with BOS first in tokenizer.json",
    },
  ];
}

function hasOwnPairs({ adapter, weights }: AssumptionParts["plan"]): boolean {
  return !adapter && [...weights.values()].some(({ lora }) => lora !== null);
}
