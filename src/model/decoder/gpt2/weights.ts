/** GPT-2 on the engine. Its matrices come transposed, `[out, in]`, as all others are held. */

import type { Matrix } from "../../tensor/held-matrix.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { TakeWeight } from "../decoder.js";
import type { Norm } from "../norm.js";
import { Transformer } from "../transformer.js";
import type { Gpt2Config } from "./config.js";
import { type Affine, GeluMlp } from "./mlp.js";

/** Puts uploaded weights in their places. */
export function gpt2Decoder(config: Gpt2Config, take: TakeWeight): Transformer {
  const vector = (name: string): Tensor2D => take(name)[0] as Tensor2D;
  const matrix = (name: string): Matrix => take(name)[0] as Matrix;
  const affine = (name: string): Affine => ({ weight: matrix(`${name}.weight`), bias: vector(`${name}.bias`) });
  const norm = (name: string): Norm => {
    const [weight, bias] = [vector(`${name}.weight`), vector(`${name}.bias`)];
    return { weight, bias, centres: true, eps: config.layerNormEps };
  };
  const layers = Array.from({ length: config.layers }, (_, layer) => {
    const at = (name: string): string => `h.${layer}.${name}`;
    const [qkv, output] = [affine(at("attn.c_attn")), affine(at("attn.c_proj"))];
    return {
      norm1: norm(at("ln_1")),
      attention: { qkv: qkv.weight, qkvBias: qkv.bias, output: output.weight, outputBias: output.bias },
      norm2: norm(at("ln_2")),
      mlp: new GeluMlp(affine(at("mlp.c_fc")), affine(at("mlp.c_proj"))),
    };
  });
  const embedding = take("wte.weight");
  return new Transformer(config, {
    embedding,
    positions: matrix("wpe.weight"),
    frequencies: null,
    layers,
    finalNorm: norm("ln_f"),
    head: config.tiedEmbeddings ? embedding : take("lm_head.weight"),
  });
}
