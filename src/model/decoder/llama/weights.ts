/** LLaMA and what is made like it, on the engine: weights as they are stored, `[out, in]`; what has the same input is in one matrix. */

import type { Matrix } from "../../tensor/held-matrix.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { RotaryConfig } from "../config-rotary.js";
import type { TakeWeight } from "../decoder.js";
import type { Norm } from "../norm.js";
import { inverseFrequencies } from "../rope.js";
import { Transformer } from "../transformer.js";
import { GatedMlp } from "./mlp.js";

/** Puts uploaded weights in their places. @param options `hasBias`: have queries, keys and values biases? */
export function rotaryDecoder(
  config: RotaryConfig,
  take: TakeWeight,
  { hasBias }: { readonly hasBias: boolean },
): Transformer {
  const vector = (name: string): Tensor2D => take(name)[0] as Tensor2D;
  const matrix = (name: string): Matrix => take(name)[0] as Matrix;
  const norm = (name: string): Norm => ({ weight: vector(name), bias: null, centres: false, eps: config.rmsNormEps });
  const layers = Array.from({ length: config.layers }, (_, layer) => {
    const at = (name: string): string => `layers.${layer}.${name}.weight`;
    return {
      norm1: norm(at("input_layernorm")),
      attention: {
        qkv: matrix(at("self_attn.qkv_proj")),
        qkvBias: hasBias ? vector(`layers.${layer}.self_attn.qkv_proj.bias`) : null,
        output: matrix(at("self_attn.o_proj")),
        outputBias: null,
      },
      norm2: norm(at("post_attention_layernorm")),
      mlp: new GatedMlp(matrix(at("mlp.gate_up_proj")), matrix(at("mlp.down_proj"))),
    };
  });
  const embedding = take("embed_tokens.weight");
  return new Transformer(config, {
    embedding,
    positions: null,
    frequencies: inverseFrequencies(config),
    layers,
    finalNorm: norm("norm.weight"),
    head: config.tiedEmbeddings ? embedding : take("lm_head.weight"),
  });
}
