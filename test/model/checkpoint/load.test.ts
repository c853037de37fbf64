// @needs engine, time

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CodiModel, filesFromBytes } from "../../../src/index.js";
import { openFolder } from "../../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { parseLlamaConfig } from "../../../src/model/decoder/llama/config.js";
import {
  type CodiConfig,
  codiConfigOf,
  readCodiFields,
  type VocabularyRows,
} from "../../../src/model/latent/config.js";
import { temporaryFolder } from "../../support/temporary.js";
import { question } from "../../support/tiny.js";

const FOLDER = "weights/tiny-codi";
const files = (folder = FOLDER): Record<string, Uint8Array> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => /\.(json|safetensors)$/.test(name))
      .map((name) => [name, new Uint8Array(readFileSync(`${folder}/${name}`))]),
  );
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const config = JSON.parse(readFileSync(`${FOLDER}/config.json`, "utf8")) as Record<string, unknown>;
const withConfig = (change: Record<string, unknown>): Promise<unknown> =>
  openCheckpoint(filesFromBytes("m", { ...files(), "config.json": json({ ...config, ...change }) }));

/** First and last byte of a tensor within a safetensors file. */
function offsetsOf(bytes: Uint8Array, name: string): [number, number] {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets: number[] }
  >;
  const [begin = 0, end = 0] = header[name]?.data_offsets ?? [];
  return [8 + length + begin, 8 + length + end];
}

describe("openCheckpoint()", () => {
  test("a checkpoint from bytes answers as the folder does", async () => {
    using fromBytes = await CodiModel.load(filesFromBytes("bytes", files()));
    using fromFolder = await CodiModel.load(FOLDER);
    const [a, b] = [await fromBytes.run(question), await fromFolder.run(question)];
    expect(a.answer.ids).toEqual(b.answer.ids);
    expect(await fromBytes.hashes()).toEqual(await fromFolder.hashes());
  });

  test("every number of the config that does not fit the tensors is named with found and wanted, at most ten", async () => {
    await expect(withConfig({ num_hidden_layers: 17 })).rejects.toThrow(
      /layers\.16\.input_layernorm\.weight" is missing/,
    );
    await expect(withConfig({ num_hidden_layers: 15 })).rejects.toThrow(/layers\.15.*is not part of the model/);
    await expect(withConfig({ hidden_size: 32 })).rejects.toThrow(/is \[\d+, 64\], wanted \[\d+, 32\].*and \d+ more/);
    await expect(withConfig({ vocab_size: 529 })).rejects.toThrow(
      /embed_tokens\.weight" has 528 rows, config\.json says vocab_size 529, wanted 529 or 532/,
    );
  });

  test("a folder without weights says what it holds instead, and a missing folder is named", async () => {
    const { "model.safetensors": _, ...rest } = files();
    for (const [other, hint] of [
      ["model.gguf", /found model\.gguf/],
      ["adapter_config.json", /is an adapter without its base/],
    ] as const)
      await expect(openCheckpoint(filesFromBytes("m", { ...rest, [other]: json({}) }))).rejects.toThrow(hint);
    await expect(CodiModel.load("/no/such/folder")).rejects.toThrow(/not a readable folder/);
    await expect(CodiModel.load("package.json")).rejects.toThrow(/it is a file/);
  });

  test("a tied head that differs from the embedding is refused", async () => {
    const all = files();
    const bytes = all["model.safetensors"]?.slice() ?? new Uint8Array();
    const [at] = offsetsOf(bytes, "codi.lm_head.weight");
    new DataView(bytes.buffer).setFloat32(at + 40, 7, true);
    await expect(CodiModel.load(filesFromBytes("m", { ...all, "model.safetensors": bytes }))).rejects.toThrow(
      /differs from the embedding at element 10/,
    );
  });

  test("a huge weight makes each run fail, naming block and step; it is never a wrong answer", async () => {
    const all = files();
    const bytes = all["model.safetensors"]?.slice() ?? new Uint8Array();
    const [from, to] = offsetsOf(bytes, "codi.model.layers.3.mlp.down_proj.weight");
    for (let at = from; at < to; at += 4) new DataView(bytes.buffer).setFloat32(at, 3e38, true);
    using model = await CodiModel.load(filesFromBytes("m", { ...all, "model.safetensors": bytes }));
    const results = await model.runBatch([question, question]);
    for (const { failure } of results) {
      expect(failure?.message).toMatch(/NaN or infinite at .*; first seen in blocks\.[34]\.hook_resid_post at prefill/);
    }
    await expect(model.run(question)).rejects.toThrow(/first seen in/);
  });

  test("a BOS or EOS id without a row in the embedding is refused before a model exists that never stops", async () => {
    await expect(withConfig({ eos_token_id: [1, 99999] })).rejects.toThrow(/99999, the embedding has rows 0 to 527/);
    await expect(withConfig({ bos_token_id: 528 })).rejects.toThrow(/528/);
  });

  test("a config.json that names no BOS leaves it to the tokenizer's template, not to LLaMA's default of 1", async () => {
    const { bos_token_id: _, ...silent } = config;
    using model = await CodiModel.load(filesFromBytes("m", { ...files(), "config.json": json(silent) }));
    expect(model.config.bosTokenId).toBe(0);
    expect(model.tokenizer.encodePrompt("Tom")[0]).toBe(0);
  });

  test("a LoRA pair whose product is not finite is refused by name", async () => {
    const all = files("test/fixtures/models/single-kv-lora");
    const bytes = all["model.safetensors"]?.slice() ?? new Uint8Array();
    const view = new DataView(bytes.buffer);
    const start = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<
      string,
      { data_offsets: [number, number] }
    >;
    for (const part of ["lora_A", "lora_B"]) {
      const name = `codi.base_model.model.model.layers.0.self_attn.q_proj.${part}.default.weight`;
      const [begin, end] = header[name]?.data_offsets ?? [0, 0];
      for (let at = begin; at < end; at += 4) view.setFloat32(start + at, 3e38, true);
    }
    await expect(CodiModel.load(filesFromBytes("m", { ...all, "model.safetensors": bytes }))).rejects.toThrow(
      /merging its LoRA pair gives Infinity at element 0/,
    );
  });

  test("a named pipe or a linked folder in the place of the weights is named, and nobody waits", async () => {
    const folder = temporaryFolder("codilens-kind-");
    try {
      cpSync(FOLDER, folder, { recursive: true });
      const weights = join(folder, "model.safetensors");
      rmSync(weights);
      symlinkSync(tmpdir(), weights);
      await expect(openCheckpoint(openFolder(folder))).rejects.toThrow(/is not a plain file/);
      rmSync(weights);
      execFileSync("mkfifo", [weights]);
      await expect(openCheckpoint(openFolder(folder))).rejects.toThrow(/is not a plain file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 10_000);

  test("weights/manifest.json tells the truth", () => {
    const manifest = JSON.parse(readFileSync("weights/manifest.json", "utf8")) as {
      file: string;
      bytes: number;
      sha256: string;
    }[];
    expect(manifest.length).toBeGreaterThan(5);
    const there = readdirSync("weights", { recursive: true, encoding: "utf8" })
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => /^tiny-.*\.\w+$/.test(name) && !name.includes("__pycache__"));
    expect(manifest.map(({ file }) => file).sort()).toEqual(there.sort());
    for (const { file, bytes, sha256 } of manifest) {
      const content = readFileSync(`weights/${file}`);
      expect([file, content.length, createHash("sha256").update(content).digest("hex")]).toEqual([file, bytes, sha256]);
    }
  });
});

describe("parseLlamaConfig()", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["another family", { model_type: "mistral" }, /model_type is "mistral", wanted "llama"/],
    ["another activation", { hidden_act: "gelu" }, /hidden_act is "gelu"/],
    ["a bias", { attention_bias: true }, /attention_bias is true/],
    ["a sliding window", { sliding_window: 4096 }, /sliding_window is 4096/],
    ["a logit cap", { final_logit_softcapping: 30 }, /final_logit_softcapping is 30/],
    ["another RoPE", { rope_scaling: { rope_type: "yarn", factor: 2 } }, /rope type is "yarn"/],
    ["layers that slide", { layer_types: ["sliding_attention"] }, /layer_types/],
    ["too few kinds of layers", { layer_types: ["full_attention"] }, /layer_types/],
    ["no kinds of layers", { layer_types: [] }, /layer_types/],
    ["no BOS", { bos_token_id: null }, /bos_token_id is null, wanted a token id/],
    ["no EOS", { eos_token_id: null }, /eos_token_id is null, wanted a token id/],
    ["other RoPE pairs", { rope_interleaved: true }, /rope_interleaved is true/],
    ["sight of the future", { use_bidirectional_attention: true }, /use_bidirectional_attention is true/],
    [
      "a part of a head turned",
      { rope_parameters: { rope_type: "default", rope_theta: 5e5, partial_rotary_factor: 0.5 } },
      /partial_rotary_factor/,
    ],
    ["an unknown rope key", { rope_parameters: { rope_type: "default", twist: 2 } }, /twist/],
    [
      "two rope objects that differ",
      { rope_scaling: { rope_type: "default" }, rope_parameters: { ...(config["rope_scaling"] as object) } },
      /rope_scaling and rope_parameters say different things/,
    ],
    [
      "two bases of the angles",
      { rope_theta: 500_000, rope_scaling: { ...(config["rope_scaling"] as object), rope_theta: 10_000 } },
      /rope_theta is 500000 in one place and 10000 in another/,
    ],
    ["a name that speaks to the terminal", { model_type: "\u001b[2J\n\u202e" }, /"\\u001b\[2J\\u000a\\u202e"/],
    ["a name without end", { model_type: "x".repeat(50_000) }, /^.{1,2001}$/],
    ["an unknown key", { brand_new_thing: 1 }, /brand_new_thing is 1/],
    ["an epsilon that is none", { rms_norm_eps: 12 }, /rms_norm_eps/],
    ["a base without end", { rope_theta: 2 ** 64 }, /rope_theta/],
    ["a base that is null and nowhere else", { rope_theta: null }, /rope_theta is null, wanted a number/],
    ["no layers", { num_hidden_layers: 0 }, /num_hidden_layers/],
    ["a billion layers", { num_hidden_layers: 1e9 }, /num_hidden_layers/],
    ["KV heads that do not divide", { num_key_value_heads: 3 }, /3 does not divide num_attention_heads 4/],
  ])("refuses %s by name", (_, change, message) => {
    expect(() => parseLlamaConfig({ ...config, ...change }, "config.json")).toThrow(message);
  });

  test("one rope object in both places, an empty one, and a base that is stated alike everywhere are read", () => {
    const { rope_theta: theta, rope_scaling: scaling } = config;
    const both = { ...(scaling as object), rope_theta: theta };
    for (const change of [
      { rope_scaling: both, rope_parameters: { ...both } },
      { rope_parameters: {} },
      { rope_scaling: null, rope_theta: null, rope_parameters: both },
      { rope_scaling: both, rope_theta: null },
    ])
      expect(parseLlamaConfig({ ...config, ...change }, "c")).toEqual(parseLlamaConfig(config, "c"));
  });

  test("reads transformers 5's rope_parameters as transformers 4's keys", () => {
    const { rope_theta: theta, rope_scaling: scaling, ...rest } = config;
    expect(parseLlamaConfig({ ...rest, rope_parameters: { ...(scaling as object), rope_theta: theta } }, "c")).toEqual(
      parseLlamaConfig(config, "c"),
    );
  });
});

describe("codiConfigOf()", () => {
  const parseCodiConfig = (json: unknown, vocabulary: VocabularyRows, where: string): CodiConfig =>
    codiConfigOf(readCodiFields(json, where), { ...vocabulary, where });
  test("defaults to ids after the vocabulary in the order pad, BOT, EOT, and refuses ids beyond", () => {
    const added = { size: 128256, rows: 128259, firstAdded: 128256, needed: true };
    expect(parseCodiConfig(undefined, added, "c")).toMatchObject({
      padTokenId: 128256,
      botTokenId: 128257,
      eotTokenId: 128258,
      rowsAdded: 3,
      numLatents: 6,
      loraAlpha: 32,
    });
    expect(() => parseCodiConfig({ bot_token_id: 128300 }, added, "c")).toThrow(/128300/);
    expect(() => parseCodiConfig({ num_latent: 6 }, added, "codi.json")).toThrow(/codi\.json/);
  });
});

describe("a JSON file", () => {
  const opened = (text: string): Promise<unknown> =>
    openCheckpoint(filesFromBytes("m", { ...files(), "codi.json": new TextEncoder().encode(text) }));

  test("with a key twice in one object, or with a byte order mark, is refused", async () => {
    await expect(opened('{"num_latents":6,"num_latents":5}')).rejects.toThrow(
      /codi\.json has the key "num_latents" twice/,
    );
    await expect(opened('\ufeff{"num_latents":6}')).rejects.toThrow(/codi\.json is not JSON/);
  });
});

describe("a sequence beyond the model's length", () => {
  test("is an error", async () => {
    using model = await CodiModel.load(
      filesFromBytes("m", { ...files(), "config.json": json({ ...config, max_position_embeddings: 30 }) }),
    );
    await expect(model.run(question)).rejects.toThrow(/the model has 30/);
  });
});
