/** `config.json` of the families beside LLaMA: what transformers writes is read, and what would compute something else is refused by name. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseModelConfig } from "../../../src/model/decoder/families.js";

// Written by transformers with every default (configs.py).
const { others } = JSON.parse(readFileSync(new URL("../../fixtures/configs.json", import.meta.url), "utf8")) as {
  others: Readonly<Record<"gpt2" | "qwen2" | "mistral", Readonly<Record<string, unknown>>>>;
};
const parsed = (json: object): unknown => parseModelConfig(json, "config.json");

test("GPT-2 small", () => {
  expect(parsed(others.gpt2)).toEqual({
    family: "gpt2",
    ...{ vocabSize: 50257, dModel: 768, dMlp: 3072, layers: 12, heads: 12, kvHeads: 12, dHead: 64 },
    ...{ layerNormEps: 1e-5, maxPositions: 1024, tiedEmbeddings: true, bosTokenId: null, eosTokenIds: [50256] },
  });
});

test("what a GPT-2's file may leave out is transformers' own", () => {
  const { model_type, vocab_size, n_embd, n_layer, n_head } = others.gpt2;
  const { _name_or_path: _, ...whole } = others.gpt2;
  expect(parsed({ model_type, vocab_size, n_embd, n_layer, n_head })).toEqual(parsed(whole));
  expect(parsed({ ...whole, n_ctx: 1024, n_inner: 1000, tie_word_embeddings: false })).toMatchObject({
    dMlp: 1000,
    tiedEmbeddings: false,
  });
});

test("GPT-2's larger ones are published with keys of the first programs, which say nothing of the numbers", () => {
  const older = { n_special: 0, predict_special_tokens: true, output_past: true };
  expect(parsed({ ...others.gpt2, ...older })).toEqual(parsed(others.gpt2));
});

test("Qwen2, and one whose window is switched off", () => {
  const numbers = {
    family: "qwen2",
    ...{ vocabSize: 151936, dModel: 4096, dMlp: 22016, layers: 32, heads: 32, kvHeads: 32, dHead: 128 },
    ...{ rmsNormEps: 1e-6, maxPositions: 32768, ropeTheta: 10000, ropeScaling: null, tiedEmbeddings: false },
  };
  expect(parsed(others.qwen2)).toEqual({ ...numbers, bosTokenId: null, eosTokenIds: [] });
  // As published with Qwen2.5: sizes of a window that nothing looks through.
  const published = { ...others.qwen2, sliding_window: 131072, bos_token_id: 151643, eos_token_id: 151645 };
  expect(parsed(published)).toEqual({ ...numbers, bosTokenId: null, eosTokenIds: [151645] });
});

test("ids of latents' tokens and the projection's width, as ModalityDance's classes write them, change no number in any family", () => {
  const ids = { latent_id: 9, latent_start_id: 7, latent_end_id: 8, target_id: 3, projector: true };
  for (const json of [others.gpt2, others.qwen2])
    expect(parsed({ ...json, ...ids, projector_hidden_size: 24, attn_implementation: "eager" })).toEqual(parsed(json));
});

describe("refused by name", () => {
  test.each([
    ["gpt2", { activation_function: "relu" }, 'activation_function is "relu", wanted "gelu_new"'],
    ["gpt2", { scale_attn_weights: false }, "scale_attn_weights is false, wanted true"],
    ["gpt2", { scale_attn_by_inverse_layer_idx: true }, "scale_attn_by_inverse_layer_idx is true, wanted false"],
    ["gpt2", { add_cross_attention: true }, "add_cross_attention is true, wanted false"],
    ["gpt2", { n_head: 7 }, "n_head 7 does not divide n_embd 768"],
    ["gpt2", { n_ctx: 512 }, "n_ctx is 512, but n_positions is 1024, wanted one value"],
    ["gpt2", { hidden_size: 1024 }, "hidden_size is 1024, but n_embd is 768"],
    ["gpt2", { n_layer: undefined }, "n_layer"],
    ["gpt2", { multi_query: true }, "multi_query is true"],
    ["qwen2", { use_sliding_window: true, sliding_window: 4096 }, "use_sliding_window is true, wanted false"],
    ["qwen2", { hidden_act: "gelu" }, 'hidden_act is "gelu", wanted "silu"'],
    ["qwen2", { rope_scaling: { rope_type: "yarn", factor: 4 } }, "rope_scaling"],
    ["mistral", {}, 'model_type is "mistral", wanted "llama" or "gpt2" or "qwen2"'],
  ] as const)("%s %j", (family, change, message) => {
    expect(() => parsed({ ...others[family], ...change })).toThrow(message);
  });
});
