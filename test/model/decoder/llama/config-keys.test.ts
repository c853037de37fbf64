/** A key that is passed over changes no logit of transformers' LLaMA; all that are not known are named at once. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../../src/base/errors.js";
import { parseLlamaConfig } from "../../../../src/model/decoder/llama/config.js";

const { base, rows } = JSON.parse(
  readFileSync(new URL("../../../fixtures/config-keys.json", import.meta.url), "utf8"),
) as {
  base: Readonly<Record<string, unknown>>;
  rows: readonly { readonly key: string; readonly value: unknown; readonly same: boolean | null }[];
};
/** What the network is made from. */
const numbers = (json: object): unknown => {
  const { bosTokenId: _bos, eosTokenIds: _eos, ...network } = parseLlamaConfig(json, "config.json");
  return network;
};
const refusal = (json: object): string | null => {
  try {
    parseLlamaConfig(json, "config.json");
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError);
    return (error as Error).message;
  }
};

test.each(rows)("$key = $value", ({ key, value, same }) => {
  const json = { ...base, [key]: value };
  const error = refusal(json);
  if (error !== null) {
    expect(error).toContain(key.startsWith("rope_") ? "rope" : key);
    return;
  }
  const isRead = JSON.stringify(numbers(json)) !== JSON.stringify(numbers(base));
  // Passed over: transformers passes over it too, or does not read such a file at all.
  if (!isRead) expect(same).not.toBe(false);
  else expect(same).toBe(false);
});

describe("keys that transformers passes over", () => {
  test("are accepted by what they are about, whatever their value", () => {
    const refused = rows.filter(({ key, value, same }) => same === true && refusal({ ...base, [key]: value }) !== null);
    // Another program computes something by these.
    expect([...new Set(refused.map(({ key }) => key))].sort()).toEqual(
      "attention_chunk_size attention_multiplier attn_logit_softcapping attn_output_gate auto_map brand_new_key conv_bias embedding_multiplier final_logit_softcapping kv_lora_rank logit_scale logits_scaling num_experts partial_rotary_factor pretraining_tp pruned_heads qk_layernorm quantization_config residual_multiplier rope_interleaved sliding_window use_bidirectional_attention use_sliding_window".split(" "), // biome-ignore format: a list
    );
  });

  test("are accepted together", () => {
    const many = Object.fromEntries(
      rows.filter(({ key, value, same }) => same === true && !(key in base) && refusal({ ...base, [key]: value }) === null).map(({ key, value }) => [key, value]), // biome-ignore format: one list
    );
    expect(Object.keys(many).length).toBeGreaterThan(90);
    expect(numbers({ ...base, ...many })).toEqual(numbers(base));
  });
});

test("all unknown keys are named at once, with their values and what is wanted", () => {
  const json = { ...base, brand_new_key: 1, sliding_window: 4096, "another.key": [1, 2], logit_scale: 2 };
  expect(refusal(json)).toBe(
    "config.json: brand_new_key is 1; sliding_window is 4096, wanted null; another.key is [1,2]; logit_scale is 2, wanted null. What is not known to this version could change the numbers",
  );
  expect(refusal({ ...base, is_causal: null })).toBe("config.json: is_causal is null, wanted true");
});
