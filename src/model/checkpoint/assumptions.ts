/** What a checkpoint's files leave open, of what plays a part in this checkpoint. */

import { type Assumed, assumedField } from "../assumed.js";
import type { CodiConfig } from "../latent/config.js";
import type { DecidedProtocol, ProtocolEvidence } from "../latent/protocols/decide.js";
import { hasLatents, loopOf } from "../latent/protocols/loop.js";
import type { AnyProtocol } from "../latent/protocols/names.js";
import { postProcessor, templateStart } from "../tokenizer/template.js";
import type { WeightPlan } from "./planned-weights.js";

/** What the assumptions are found from. */
export interface AssumptionParts {
  /** Parsed `codi.json`; undefined where there is none. */
  readonly codiJson: unknown;
  readonly codi: CodiConfig;
  readonly plan: Pick<WeightPlan, "adapter" | "prjDim" | "weights" | "auxiliary">;
  readonly tokenizerJson: unknown;
  /** Null for a family that begins no prompt with BOS. */
  readonly bosTokenId: number | null;
  readonly evidence: ProtocolEvidence;
  readonly decided: Pick<DecidedProtocol, "name" | "because">;
  /** What the caller gives. */
  readonly asked: { readonly protocol: AnyProtocol | undefined; readonly latents: number | undefined };
}

/** In the order of `codi.json`'s documentation; none for a model without latents. */
export function assumptionsOf({ codiJson, codi, plan, evidence, decided, asked, ...rest }: AssumptionParts): Assumed[] {
  const fields = (codiJson ?? {}) as Readonly<Record<string, unknown>>;
  const { feedback, rowsAdded } = loopOf(decided.name);
  const isRun = decided.because !== null && hasLatents(decided.name);
  const isCodi = rowsAdded === "pad first";
  const latents: [string, Assumed["value"]][] = [
    ["num_latents", codi.numLatents],
    ...(isCodi
      ? ([
          ["remove_eos", codi.removeEos],
          ["protocol", codi.protocol],
        ] as [string, Assumed["value"]][])
      : []),
    ...(evidence.latentTokens === null ? idsOf(codi, isCodi) : []),
  ];
  const given = [
    ...(asked.protocol === undefined ? [] : ["protocol"]),
    ...(asked.latents === undefined ? [] : ["num_latents"]),
  ];
  const used: [string, Assumed["value"]][] = [
    // An adapter's own file gives its alpha.
    ...(hasOwnPairs(plan) ? ([["lora_alpha", codi.loraAlpha]] as [string, number][]) : []),
    ...(isRun ? latents : []),
    // Read off the weights; a file that lost two tensors looks the same.
    ...(plan.prjDim === null || plan.weights.has("prj.ln.weight") || feedback !== "projection"
      ? []
      : ([["prj_layer_norm", false]] as [string, boolean][])),
  ];
  return [
    ...used
      .filter(([name]) => fields[name] === undefined && !given.includes(name))
      .map(([name, value]) => assumedField(name, value, codiJson !== undefined)),
    ...(decided.because === null ? [] : assumedBos(rest)),
  ];
}

function idsOf({ padTokenId, botTokenId, eotTokenId }: CodiConfig, hasPad: boolean): [string, Assumed["value"]][] {
  return [
    ...(hasPad ? ([["pad_token_id", padTokenId]] as [string, number][]) : []),
    ["bot_token_id", botTokenId],
    ["eot_token_id", eotTokenId],
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
