/** What of a loaded model its runs need. */

import type { ModelParts } from "./load/model-parts.js";
import { disposeProjection } from "./projection.js";
import { eotIdsOf, eotTokensOf, promptIdsOf, specialIdsOf } from "./prompt.js";
import { protocolOf } from "./protocols/index.js";
import type { SiteSizes } from "./run/check-scope.js";
import type { ExecuteModel } from "./run/run-batch.js";

/** The model as the loop runs it. */
export function executeModelOf(parts: ModelParts): ExecuteModel {
  const { decoder, projection, pause, codi, tokenizer, prjDim } = parts;
  return {
    tokenizer,
    prjDim,
    promptOf: (question) => promptIdsOf(parts, question),
    loop: {
      decoder,
      projection,
      pause,
      protocol: protocolOf(parts.protocol),
      numLatents: codi.numLatents,
      ids: specialIdsOf(parts),
      eotIds: eotIdsOf(parts),
      eotTokens: eotTokensOf(parts),
      logitRows: logitRowsOf(parts),
    },
  };
}

/** Vocabulary rows that logits keep. */
export function logitRowsOf({ protocol, vocabRows }: Pick<ModelParts, "protocol" | "vocabRows">): number {
  return protocolOf(protocol).logitRows(vocabRows);
}

/** Lengths of the sites' axes; without that of the projection where nothing is projected. */
export function siteSizesOf(parts: ModelParts): SiteSizes {
  const { heads, kvHeads, dHead, dModel, dMlp } = parts.config;
  const sizes = { heads, kvHeads, dHead, dModel, dMlp, scale: 1, vocab: logitRowsOf(parts) };
  return parts.prjDim === null ? sizes : { ...sizes, prjDim: parts.prjDim };
}

/** Frees all weights. */
export function disposeParts({ decoder, projection, pause }: ModelParts): void {
  decoder.dispose();
  if (projection !== null) disposeProjection(projection);
  pause?.dispose();
}
