/** Checkpoints as people have them: empty and torn files, wrappers' prefixes, a trainer's other parts, rows that were counted already. */
// @needs engine

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BadInputError, CodiModel, filesFromBytes } from "../../../src/index.js";
import type { Checkpoint } from "../../../src/model/checkpoint/load.js";
import { type Files, filesIn, jsonFile, openFiles, parsed, without } from "../../support/checkpoint-files.js";
import { modelFolder } from "../../support/parity.js";
import { renamed, rewritten } from "../../support/rewritten.js";

const WEIGHTS = "model.safetensors";
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const trainers = filesIn(modelFolder("single-kv-lora"));
const base = filesIn(modelFolder("forms/base"));

async function opened(files: Files, over?: Files): Promise<{ checkpoint: Checkpoint; notices: string[] }> {
  const notices: string[] = [];
  const checkpoint = await openFiles(files, {
    ...(over === undefined ? {} : { base: over }),
    onNotice: (notice) => void notices.push(notice),
  });
  return { checkpoint, notices };
}

async function refusal(files: Files, over?: Files): Promise<BadInputError> {
  const error = await opened(files, over).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(BadInputError);
  return error as BadInputError;
}

async function answerOf(files: Files, over: Files | undefined, question: string, tokens: number): Promise<number[]> {
  using model = await CodiModel.load(filesFromBytes("m", files), {
    ...(over === undefined ? {} : { base: filesFromBytes("b", over) }),
  });
  return [...(await model.run(question, { maxNewTokens: tokens })).answer.ids];
}

/** All weights of a checkpoint, by name. */
async function weightsOf(checkpoint: Checkpoint): Promise<Map<string, readonly number[]>> {
  const all = new Map<string, readonly number[]>();
  for (const name of checkpoint.plan.weights.keys())
    all.set(name, Array.from((await checkpoint.weight(name)).values.data));
  return all;
}

describe("an empty or torn JSON file", () => {
  const found = "../shared/cases/08-empty-config-beside-base";

  test("of 0 bytes beside a good base gives PyTorch's answer, with a notice", async () => {
    const [ckpt, over] = [filesIn(join(found, "ckpt")), filesIn(join(found, "base"))];
    const expected = parsed(new Uint8Array(readFileSync(join(found, "expected.json"))));
    const { notices } = await opened(ckpt, over);
    expect(notices.join("\n")).toMatch(/m\/config\.json is empty and passed over: b\/config\.json counts/);
    expect(await answerOf(ckpt, over, String(expected["question"]), 12)).toEqual(expected["answer_reference"]);
  });

  test.each(["config.json", "tokenizer.json", "codi.json", "tokenizer_config.json"])(
    "%s of blanks is passed over where the base has it, and settings and hashes are the base's",
    async (name) => {
      const over: Files = { ...trainers, "tokenizer_config.json": jsonFile({ eos_token: "<|end_of_text|>" }) };
      const tokens = parsed(trainers["tokenizer.json"])["added_tokens"] as { id: number; content: string }[];
      const eos = tokens.find(({ id }) => id === 1)?.content ?? "";
      over["tokenizer_config.json"] = jsonFile({ eos_token: eos });
      const { checkpoint, notices } = await opened({ ...over, [name]: text(" \n\t") }, over);
      expect(notices.join("\n")).toContain(`m/${name} is empty and passed over: b/${name} counts`);
      const whole = (await opened(over)).checkpoint;
      expect([checkpoint.config, checkpoint.codi]).toEqual([whole.config, whole.codi]);
      expect(await checkpoint.hashes()).toEqual(await whole.hashes());
    },
  );

  test.each<[string, string, RegExp, RegExp]>([
    ["config.json", "", /m\/config\.json is not JSON/, /it is empty: give the base model's folder with --base/],
    ["codi.json", " ", /m\/codi\.json is not JSON/, /it is empty: write the settings there, or remove it/],
    ["config.json", '{"model_type": "lla', /m\/config\.json is not JSON/, /^get the file again$/],
    [
      "config.json",
      "version https://git-lfs.github.com/spec/v1\n",
      /is a Git LFS pointer, wanted JSON/,
      /git lfs pull/,
    ],
    ["tokenizer.json", "<!DOCTYPE html>", /is an HTML page, wanted JSON/, /error page/],
  ])("%s %j without a base is refused, and the hint is about the cause", async (name, content, message, hint) => {
    const error = await refusal({ ...trainers, [name]: text(content) });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test.each(["config.json", "tokenizer.json", "codi.json"])(
    "a torn %s is refused, and the hint says that the base's counts once it is removed",
    async (name) => {
      const error = await refusal({ ...trainers, [name]: text('{"a": ') }, trainers);
      expect(error.message).toContain(`m/${name} is not JSON`);
      expect(error.hint).toBe(`get the file again, or remove it: then b/${name} counts`);
      // As it says.
      await opened(without(trainers, name), trainers);
    },
  );
});

describe("names behind a wrapper's prefix", () => {
  const plain = opened(trainers);

  test.each<[string, (name: string) => string, RegExp]>([
    ["torch.compile", (name) => `_orig_mod.${name}`, /without "_orig_mod\."/],
    ["DataParallel", (name) => `module.${name}`, /without "module\."/],
    ["both", (name) => `module._orig_mod.${name}`, /without "module\." and "_orig_mod\."/],
    ["a compiled part", (name) => name.replace("codi.", "codi._orig_mod."), /without "_orig_mod\."/],
    ["a class of one's own", (name) => `model.${name}`, /without "model\."/],
    [
      "FSDP and checkpointing",
      (name) =>
        `_fsdp_wrapped_module.${name.replace(/layers\.(\d+)\./, "layers.$1._fsdp_wrapped_module._checkpoint_wrapped_module.")}`,
      /without "_fsdp_wrapped_module\." and "_checkpoint_wrapped_module\."/,
    ],
  ])("of %s are read with a notice", async (_, rename, said) => {
    const { checkpoint, notices } = await opened({ ...trainers, [WEIGHTS]: renamed(trainers[WEIGHTS], rename) });
    expect(notices.filter((notice) => notice.includes("wrapper"))).toEqual([expect.stringMatching(said)]);
    expect(await weightsOf(checkpoint)).toEqual(await weightsOf((await plain).checkpoint));
  });

  test("are read in an adapter's and a projection's file too", async () => {
    const adapter = filesIn(modelFolder("forms/adapter"));
    const wrapped = {
      ...adapter,
      "adapter_model.safetensors": renamed(adapter["adapter_model.safetensors"], (name) =>
        name.replace("base_model.model.", "base_model.model._orig_mod."),
      ),
      "prj.safetensors": renamed(adapter["prj.safetensors"], (name) => `module.${name}`),
    };
    const [a, b] = [await opened(wrapped, base), await opened(adapter, base)];
    expect(a.notices.filter((notice) => notice.includes("wrapper"))).toHaveLength(2);
    expect(await weightsOf(a.checkpoint)).toEqual(await weightsOf(b.checkpoint));
  });

  test("are refused where two come to have one name; what is there without one has no notice", async () => {
    const [first] = rewrittenNames(trainers[WEIGHTS]);
    const twice = rewritten(trainers[WEIGHTS], (tensor) => tensor, [
      { name: `_orig_mod.${first}`, dtype: "F32", shape: [1], data: new Float32Array(1) },
    ]);
    expect((await refusal({ ...trainers, [WEIGHTS]: twice })).message).toMatch(/are both .* without their wrappers'/);
    expect((await plain).notices.filter((notice) => notice.includes("wrapper"))).toEqual([]);
  });
});

function rewrittenNames(file: Uint8Array | undefined): string[] {
  const names: string[] = [];
  rewritten(file, (tensor) => {
    names.push(tensor.name);
    return tensor;
  });
  return names;
}

describe("tensors that inference does not use", () => {
  const tensor = (name: string) => ({ name, dtype: "F32" as const, shape: [2], data: new Float32Array([1, 2]) });
  const withMore = (...names: string[]): Files => ({
    ...trainers,
    [WEIGHTS]: rewritten(trainers[WEIGHTS], (each) => each, names.map(tensor)),
  });

  test("of SIM-CoT's second model are listed once and left out", async () => {
    const extra = [
      "decoder.model.embed_tokens.weight",
      "decoder.lm_head.weight",
      "pj_in.weight",
      "pj_in.bias",
      "pj_out.U",
    ];
    const { checkpoint, notices } = await opened(withMore(...extra));
    expect(notices.filter((notice) => notice.includes("left out"))).toEqual([
      "m: decoder.* (2 tensors), pj_in.* (2 tensors), pj_out.* of a second model of training are left out, as the reference does",
    ]);
    expect(await weightsOf(checkpoint)).toEqual(await weightsOf((await opened(trainers)).checkpoint));
  });

  test("are buffers of older versions, left out with one notice", async () => {
    const extra = [0, 1, 2].map((layer) => `codi.base_model.model.model.layers.${layer}.self_attn.rotary_emb.inv_freq`);
    const { notices } = await opened(withMore(...extra));
    expect(notices.filter((notice) => notice.includes("left out"))).toEqual([
      "m: buffers that are computed anew are left out: codi.base_model.model.model.layers.*.self_attn.rotary_emb.inv_freq (3 tensors)",
    ]);
  });

  test("are refused by name where the family is not known to have them", async () => {
    const error = await refusal(withMore("second_decoder.weight"));
    expect(error.message).toMatch(/"second_decoder\.weight" is not part of the model/);
    expect(error.hint).toMatch(/save it without/);
    const plainLlama = { ...base, [WEIGHTS]: rewritten(base[WEIGHTS], (each) => each, [tensor("decoder.weight")]) };
    expect((await refusal(plainLlama)).message).toMatch(/"decoder\.weight" is not part of the model/);
  });
});

describe("a tied head", () => {
  test("that alone holds the shared matrix is the embedding too", async () => {
    const moved = rewritten(trainers[WEIGHTS], (tensor) =>
      tensor.name.endsWith("model.embed_tokens.weight") ? null : tensor,
    );
    const { checkpoint } = await opened({ ...trainers, [WEIGHTS]: moved });
    expect(await weightsOf(checkpoint)).toEqual(await weightsOf((await opened(trainers)).checkpoint));
  });

  test("stays the base's where an adapter saved the embedding alone: PEFT's answer, not the tied one's", async () => {
    const folder = "../shared/cases/07-peft-saved-embedding-head-stays";
    const [adapter, over] = [filesIn(join(folder, "adapter")), filesIn(join(folder, "base"))];
    const expected = parsed(new Uint8Array(readFileSync(join(folder, "expected.json"))));
    const question = String(expected["question"]);
    expect(await answerOf(adapter, over, question, 12)).toEqual(expected["answer_by_peft"]);
    const config = { ...parsed(adapter["adapter_config.json"]), ensure_weight_tying: true };
    const tied = await answerOf({ ...adapter, "adapter_config.json": jsonFile(config) }, over, question, 12);
    expect(tied).not.toEqual(expected["answer_by_peft"]);
  });
});

describe("a projection without its LayerNorm", () => {
  const bare: Files = {
    ...trainers,
    [WEIGHTS]: rewritten(trainers[WEIGHTS], (tensor) => (tensor.name.startsWith("prj.ln.") ? null : tensor)),
  };
  const codi = parsed(trainers["codi.json"]);
  const reference = JSON.parse(readFileSync("test/fixtures/no_layer_norm.json", "utf8")) as {
    question: string;
    answer: number[];
    inputs: number[][];
  };

  test("gives PyTorch's answer and inputs of the latents, says so, and its parts sum to the whole", async () => {
    const notices: string[] = [];
    using model = await CodiModel.load(filesFromBytes("m", bare), { onNotice: (notice) => void notices.push(notice) });
    expect(notices.join("\n")).toMatch(/assumed: .*prj_layer_norm false/);
    const run = await model.run(reference.question, {
      maxNewTokens: 8,
      capture: ["latents.hook_input"],
      components: true,
    });
    expect(run.answer.ids).toEqual(reference.answer);
    const inputs = reference.inputs.flat();
    const { data } = run.captures.get("latents.hook_input");
    expect(data).toHaveLength(inputs.length);
    expect(Math.max(...inputs.map((value, i) => Math.abs(value - (data[i] ?? Number.NaN))))).toBeLessThan(1e-4);
    const along = Array.from({ length: 32 }, (_, i) => Math.sin(i));
    for (const part of await model.attribute(run, [
      { kind: "input", latent: 2, along },
      { kind: "input", latent: 0, along },
    ])) {
      const sum =
        part.embed + part.heads.flat().reduce((a, b) => a + b, 0) + part.mlp.reduce((a, b) => a + b, 0) + part.bias;
      expect(sum).toBeCloseTo(part.whole, 3);
    }
  });

  test("must not be what codi.json denies, and half a LayerNorm is none", async () => {
    const said = await opened({ ...bare, "codi.json": jsonFile({ ...codi, prj_layer_norm: false }) });
    expect(said.checkpoint.assumed.map(({ what }) => what)).not.toContain("prj_layer_norm");
    const denied = await refusal({ ...bare, "codi.json": jsonFile({ ...codi, prj_layer_norm: true }) });
    expect(denied.message).toMatch(/prj_layer_norm is true, but .* has no prj\.ln\.weight/);
    const other = await refusal({ ...trainers, "codi.json": jsonFile({ ...codi, prj_layer_norm: false }) });
    expect(other.message).toMatch(/prj_layer_norm is false, but .* has prj\.ln\.weight/);
    const half = rewritten(trainers[WEIGHTS], (tensor) => (tensor.name === "prj.ln.bias" ? null : tensor));
    expect((await refusal({ ...trainers, [WEIGHTS]: half })).message).toMatch(/"prj\.ln\.bias" is missing/);
  });
});

describe("special tokens inside a resized vocabulary", () => {
  const config = parsed(trainers["config.json"]);
  const resized = (change: Record<string, unknown> = {}): Files => ({
    ...trainers,
    "config.json": jsonFile({ ...config, vocab_size: 83, ...change }),
  });
  const tokenizer = parsed(trainers["tokenizer.json"]) as { model: { vocab: Record<string, number> } };
  const longer = (ids: number): Files => {
    const vocab = { ...tokenizer.model.vocab };
    for (let id = Object.keys(vocab).length; id < ids; id++) vocab[`extra${id}`] = id;
    return { "tokenizer.json": jsonFile({ ...tokenizer, model: { ...tokenizer.model, vocab } }) };
  };

  test("are the last three rows where the tokenizer has no text for them: the same model", async () => {
    const [a, b] = [(await opened(resized())).checkpoint, (await opened(trainers)).checkpoint];
    const ids = ({ codi }: Checkpoint): number[] => [codi.padTokenId, codi.botTokenId, codi.eotTokenId];
    expect(ids(a)).toEqual([80, 81, 82]);
    expect(ids(a)).toEqual(ids(b));
    expect(a.vocabRows).toBe(b.vocabRows);
    const question = "Tom has 3 pens.";
    expect(await answerOf(resized(), undefined, question, 6)).toEqual(await answerOf(trainers, undefined, question, 6));
  });

  test("are asked for where the tokenizer has texts for those rows, by a line that mends it", async () => {
    const files = { ...resized(), ...longer(83) };
    const error = await refusal(files);
    expect(error.message).toMatch(/bot_token_id and eot_token_id are not given, and the embedding has no rows beyond/);
    expect(error.hint).toMatch(
      /add "pad_token_id": …, "bot_token_id": …, "eot_token_id": … to codi\.json \(80, 81, 82/,
    );
    const codi = { ...parsed(trainers["codi.json"]), pad_token_id: 80, bot_token_id: 81, eot_token_id: 82 };
    const { checkpoint } = await opened({ ...files, "codi.json": jsonFile(codi) });
    expect(checkpoint.codi.eotTokenId).toBe(82);
  });

  test("cannot be told from half of them, and other numbers of rows are refused with what to set", async () => {
    const half = { ...parsed(trainers["codi.json"]), bot_token_id: 5 };
    expect((await refusal({ ...resized(), "codi.json": jsonFile(half) })).hint).toMatch(/add "pad_token_id"/);
    const fewer = await refusal(resized({ vocab_size: 79 }));
    expect(fewer.message).toMatch(/has 83 rows, config\.json says vocab_size 79, wanted 79 or 82/);
    expect(fewer.hint).toMatch(/set "vocab_size": 83 in config\.json/);
    expect((await refusal(resized({ vocab_size: 90 }))).hint).toMatch(/use the config\.json that belongs/);
  });
});

test("NaN in a config is Python's, and the hint says so; the word within a text is no cause", async () => {
  const config = (content: string): Files => ({ ...trainers, "config.json": text(content) });
  expect((await refusal(config('{"rms_norm_eps": NaN}'))).hint).toMatch(/^NaN is what Python's json writes/);
  expect((await refusal(config('{"note": "NaN"'))).hint).not.toMatch(/Python/);
});

describe("weights of two kinds in one folder", () => {
  const found = async (files: Files): Promise<string[]> =>
    (await opened(files)).notices.filter((notice) => notice.includes("weights are read from"));

  test("are read as the reference does, the safetensors file first, and the other is named", async () => {
    expect(await found(trainers)).toEqual([]);
    expect(await found({ ...trainers, "pytorch_model.bin": text("weights of an earlier day") })).toEqual([
      "m: weights are read from model.safetensors, not from pytorch_model.bin, which lies there too",
    ]);
    const shards = { "model.safetensors.index.json": text("{}"), "pytorch_model.bin.index.json": text("{}") };
    expect(await found({ ...trainers, ...shards })).toEqual([
      "m: weights are read from model.safetensors, not from model.safetensors.index.json or pytorch_model.bin.index.json, which lie there too",
    ]);
  });
});
