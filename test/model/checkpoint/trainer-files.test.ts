/** Files as trainers leave them: without a suffix, with one matrix under three names, GPT-2's LoRA pairs, weights of the hub's GPT-2. */
// @needs engine

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { BadInputError, CodiModel } from "../../../src/index.js";
import { openFolder } from "../../../src/model/checkpoint/folder.js";
import { type Checkpoint, openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { openSafetensors } from "../../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../../src/model/checkpoint/source.js";
import { openTorchBin } from "../../../src/model/checkpoint/torch-bin.js";
import { type TensorToWrite, writeSafetensors } from "../../../src/model/checkpoint/write-safetensors.js";
import { upload } from "../../../src/model/latent/load/upload-model.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { numbersOf } from "../../../src/model/tensor/numbers.js";
import { convertWeights } from "../../../src/weights/convert.js";
import { describeWeights, type WeightsDescription } from "../../../src/weights/describe.js";
import { type Files, filesIn, jsonFile, openFiles, parsed, without } from "../../support/checkpoint-files.js";
import { modelFolder } from "../../support/parity.js";
import { rewritten } from "../../support/rewritten.js";
import { temporaryFolder } from "../../support/temporary.js";

const HOME = modelFolder("gpt2-files");
const all = filesIn(HOME);
const base = filesIn(join(HOME, "base"));
const CHECKPOINT_3 = filesIn(join(HOME, "shared"))["checkpoint_3"] as Uint8Array;
const BEST = filesIn(join(HOME, "copies"))["checkpoint_best"] as Uint8Array;
const CODI: Files = {
  "pytorch_model.bin": all["pytorch_model.bin"] as Uint8Array,
  "codi.json": jsonFile({ lora_alpha: 4 }),
};
const adapter: Files = {
  "adapter_config.json": all["adapter_config.json"] as Uint8Array,
  "adapter_model.safetensors": all["adapter_model.safetensors"] as Uint8Array,
};
const opened: Checkpoint[] = [];
afterAll(() => Promise.all(opened.map((checkpoint) => checkpoint.close())));

async function open(files: Files, over: Files | null = base): Promise<{ checkpoint: Checkpoint; notices: string }> {
  const notices: string[] = [];
  const checkpoint = await openFiles(files, {
    ...(over === null ? {} : { base: over }),
    onNotice: (notice) => void notices.push(notice),
  });
  opened.push(checkpoint);
  return { checkpoint, notices: notices.join("\n") };
}

async function refusal(files: Files, over: Files | null = base): Promise<BadInputError> {
  const error = await open(files, over).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(BadInputError);
  return error as BadInputError;
}

/** Tensors of a file by the names that transformers gives them. */
async function tensorsOf(file: Uint8Array | undefined): Promise<Map<string, Float32Array>> {
  const store = await openSafetensors(await filesFromBytes("f", { f: file ?? new Uint8Array() }).open("f"));
  const values = new Map<string, Float32Array>();
  for (const name of store.tensors.keys()) values.set(name, ((await store.read(name)).data as Float32Array).slice());
  return values;
}

/** The largest difference of any weight of the language model to the reference, each merged by the engine. */
async function farthest(checkpoint: Checkpoint, reference: ReadonlyMap<string, Float32Array>): Promise<number> {
  await startEngine("auto");
  let most = 0;
  for (const name of checkpoint.plan.weights.keys()) {
    if (name.startsWith("prj.") || name === "pause_embedding") continue;
    const wanted = reference.get(`transformer.${name}`) ?? new Float32Array();
    const tensor = await upload([await checkpoint.weight(name)]);
    const found = await numbersOf(tensor);
    tensor.dispose();
    expect([name, found.length]).toEqual([name, wanted.length]);
    for (const [i, value] of found.entries()) most = Math.max(most, Math.abs(value - (wanted[i] ?? Number.NaN)));
  }
  return most;
}

const merged = await tensorsOf(all["merged.safetensors"]);
// Sums of two products of numbers around 1 in float32, in another order than PyTorch's.
const ROUNDING = 1e-6;

describe("a LoRA on GPT-2's [in, out] matrices", () => {
  test("of CODI's trainer comes to PEFT's own merge, the square attn.c_proj too", async () => {
    const { checkpoint } = await open(CODI);
    expect(checkpoint.plan.layout).toBe("codi-lora");
    expect([...checkpoint.plan.weights.values()].filter(({ lora }) => lora !== null)).toHaveLength(8);
    expect(await farthest(checkpoint, merged)).toBeLessThan(ROUNDING);
    // A square matrix takes a pair that is not turned without a complaint: the pair itself must be far from its transpose.
    const name = "h.0.attn.c_proj.weight";
    const { values, lora } = await checkpoint.weight(name);
    expect(lora).not.toBeNull();
    const change = (merged.get(`transformer.${name}`) ?? new Float32Array()).map((v, i) => v - (values.data[i] ?? 0));
    const turned = change.map((_, i) => change[(i % 8) * 8 + Math.floor(i / 8)] ?? 0);
    expect(Math.max(...change.map((v, i) => Math.abs(v - (turned[i] ?? 0))))).toBeGreaterThan(0.1);
  });

  test("keeps CODI's rows where the base's tokenizer was saved for a Coconut, whose tokens have other ids", async () => {
    const tokens = jsonFile({ "<|start-latent|>": 100, "<|end-latent|>": 101, "<|latent|>": 102 });
    const { checkpoint } = await open(CODI, { ...base, "added_tokens.json": tokens });
    const { padTokenId, botTokenId, eotTokenId } = checkpoint.codi;
    expect([padTokenId, botTokenId, eotTokenId]).toEqual([100, 101, 102]);
    const coconut = await open({ checkpoint_3: CHECKPOINT_3 }, { ...base, "added_tokens.json": tokens });
    expect([coconut.checkpoint.codi.botTokenId, coconut.checkpoint.codi.eotTokenId]).toEqual([100, 101]);
  });

  test("as PEFT saves it comes to the same over its base, by names and by all-linear", async () => {
    const over = { ...base, "model.safetensors": all["grown.safetensors"] as Uint8Array };
    const config = { ...parsed(base["config.json"]), vocab_size: 103 };
    for (const change of [{}, { target_modules: "all-linear" }, { fan_in_fan_out: false }]) {
      const settings = jsonFile({ ...parsed(adapter["adapter_config.json"]), ...change });
      const { checkpoint } = await open(
        { ...adapter, "adapter_config.json": settings },
        { ...over, "config.json": jsonFile(config) },
      );
      expect(await farthest(checkpoint, merged)).toBeLessThan(ROUNDING);
    }
  });
});

test("a bias that an adapter changes is refused as the adapter's, and the base is not blamed", async () => {
  const name = "base_model.model.transformer.h.0.attn.c_attn.base_layer.bias";
  const bias: TensorToWrite = { name, dtype: "F32", shape: [24], data: new Float32Array(24) };
  const { "adapter_model.safetensors": pairs, ...others } = adapter;
  const over = { ...base, "model.safetensors": all["grown.safetensors"] as Uint8Array };
  const config = { ...parsed(base["config.json"]), vocab_size: 103 };
  const { message, hint } = await refusal(
    { ...others, "adapter_model.safetensors": rewritten(pairs, (each) => each, [bias]) },
    { ...over, "config.json": jsonFile(config) },
  );
  expect(message).toMatch(/^m\/adapter_model\.safetensors does not fit .*c_attn\.base_layer\.bias" is a bias/);
  expect(hint).toMatch(/bias none/);
});

describe("a file without a suffix", () => {
  test.each([
    ["checkpoint_3", CHECKPOINT_3],
    ["checkpoint_best", BEST],
    ["weights", BEST],
    ["model.pt", BEST],
  ])("%s is known by its content; its wrappers are Coconut's, its storages of a GPU", async (name, bytes) => {
    const { checkpoint } = await open({ [name]: bytes });
    expect(checkpoint.plan.layout).toBe("coconut");
    expect(checkpoint.weightFiles).toEqual([`m/${name}`]);
    expect(await farthest(checkpoint, merged)).toBe(0);
    expect(checkpoint.plan.weights.has("pause_embedding")).toBe(bytes === BEST);
  });

  test("and another beside it are refused, and the path of one of them is enough", async () => {
    const error = await refusal({ checkpoint_3: CHECKPOINT_3, checkpoint_12: BEST, README: new Uint8Array([65]) });
    expect(error.message).toBe("m has 2 files of weights: checkpoint_12, checkpoint_3");
    expect(error.hint).toMatch(/give the path of one of them as the model, such as m\/checkpoint_3/);
    const one = await openCheckpoint(openFolder(join(HOME, "shared", "checkpoint_3")), {
      base: openFolder(join(HOME, "base")),
    });
    opened.push(one);
    expect(one.weightFiles).toEqual([join(HOME, "shared", "checkpoint_3")]);
  });

  test("is not looked at where there is model.safetensors, nor is what the Trainer keeps to go on", async () => {
    const plain = all["merged.safetensors"] as Uint8Array;
    const { checkpoint, notices } = await open({ "model.safetensors": plain, checkpoint_3: CHECKPOINT_3 });
    expect(checkpoint.plan.layout).toBe("plain");
    expect(notices).toContain(
      "m: weights are read from model.safetensors, not from checkpoint_3, which lies there too",
    );
    expect((await refusal({ "optimizer.pt": BEST, "rng_state_0.pth": BEST })).message).toMatch(
      /has no model\.safetensors/,
    );
  });

  test("that is a Git LFS pointer says so", async () => {
    const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    expect((await refusal({ checkpoint_3: pointer })).message).toMatch(/m\/checkpoint_3 is a Git LFS pointer/);
  });
});

/** Coconut's file as tensors, so that a test can change one. */
async function coconutTensors(): Promise<TensorToWrite[]> {
  const store = await openTorchBin(await filesFromBytes("f", { f: BEST }).open("f"));
  const tensors: TensorToWrite[] = [];
  for (const [name, { shape }] of store.tensors)
    tensors.push({ name, shape, dtype: "F32", data: ((await store.read(name)).data as Float32Array).slice() });
  return tensors;
}

/** The same tensor with one element changed. */
function withOneMore({ name, shape, data }: TensorToWrite, at: number): TensorToWrite {
  const changed = Float32Array.from(data, (value, i) => (i === at ? value + 1 : value));
  return { name, shape, dtype: "F32", data: changed };
}

describe("one matrix under several names", () => {
  const names = ["base_causallm.transformer.wte.weight", "base_causallm.lm_head.weight", "embedding.weight"];
  const saved = async (change: (tensor: TensorToWrite) => TensorToWrite | null): Promise<Files> => ({
    "model.safetensors": writeSafetensors((await coconutTensors()).map(change).filter((each) => each !== null)),
  });

  test.each(names)("is read where %s alone is left", async (kept) => {
    const { checkpoint } = await open(
      await saved((each) => (names.includes(each.name) && each.name !== kept ? null : each)),
    );
    expect(checkpoint.vocabRows).toBe(103);
    expect(await farthest(checkpoint, merged)).toBe(0);
  });

  test.each(names.slice(1))("is refused where %s differs, by both names", async (other) => {
    const files = await saved((each) => (each.name === other ? withOneMore(each, 17) : each));
    const { checkpoint } = await open(files);
    const read = (async () => {
      for await (const _ of checkpoint.weights());
    })();
    await expect(read).rejects.toThrow(`"${other}" differs from the embedding at element 17 of "${names[0]}"`);
  });

  test("is one where a copy has another type and the same values, and is refused where a value was rounded", async () => {
    const inBf16 = ({ name, shape, data }: TensorToWrite): TensorToWrite => {
      const bits = new Uint32Array(Float32Array.from(data).buffer);
      return { name, shape, dtype: "BF16", data: Uint16Array.from(bits, (each) => each >>> 16) };
    };
    const widened = ({ name, shape, data }: TensorToWrite): TensorToWrite => {
      const bits = Uint32Array.from(data, (each) => each << 16);
      return { name, shape, dtype: "F32", data: new Float32Array(bits.buffer) };
    };
    const readAll = async (files: Files): Promise<void> => {
      const { checkpoint } = await open(files);
      for await (const _ of checkpoint.weights());
    };
    // The embedding as bfloat16, and the head as what these widen to.
    await readAll(
      await saved((each) =>
        each.name === names[0] ? inBf16(each) : names.includes(each.name) ? widened(inBf16(each)) : each,
      ),
    );
    await expect(readAll(await saved((each) => (each.name === names[0] ? inBf16(each) : each)))).rejects.toThrow(
      /differs from the embedding at element \d+/,
    );
  });

  test.each<[string, (name: string) => string, RegExp]>([
    ["DataParallel's", (name) => `module.${name}`, /without "module\."/],
    [
      "FSDP's and torch.compile's",
      (name) => `_orig_mod._fsdp_wrapped_module.${name}`,
      /"_orig_mod\." and "_fsdp_wrapped_module\."/,
    ],
    [
      "DataParallel's on the inner model alone",
      (name) => name.replace("base_causallm.", "base_causallm.module."),
      /without "module\."/,
    ],
  ])("%s prefixes come off", async (_, rename, said) => {
    const { checkpoint, notices } = await open(await saved((each) => ({ ...each, name: rename(each.name) })));
    expect(notices).toMatch(said);
    expect(checkpoint.plan.layout).toBe("coconut");
    expect(await farthest(checkpoint, merged)).toBe(0);
  });

  test("SIM-CoT's second model is listed once and left out; the vocabulary is not its", async () => {
    const second = (name: string): TensorToWrite => ({
      name,
      dtype: "F32",
      shape: [100, 8],
      data: new Float32Array(800),
    });
    const extra = ["expainable_llm.transformer.wte.weight", "expainable_llm.transformer.ln_f.weight"].map(second);
    const { checkpoint, notices } = await open({
      "model.safetensors": writeSafetensors([...extra, ...(await coconutTensors())]),
    });
    expect(notices).toContain("expainable_llm.* (2 tensors) of a second model of training are left out");
    expect(checkpoint.vocabRows).toBe(103);
  });
});

describe("a padded vocabulary", () => {
  const padded = { ...base, "config.json": jsonFile({ ...parsed(base["config.json"]), vocab_size: 108 }) };

  test("is cut down by Coconut's trainer to the tokenizer's tokens and its own three, which a notice says", async () => {
    const { checkpoint, notices } = await open({ checkpoint_3: CHECKPOINT_3 }, padded);
    expect(notices).toContain("the embedding has 103 rows, the tokenizer's 100 and Coconut's three; vocab_size 108");
    const { botTokenId, eotTokenId, padTokenId } = checkpoint.codi;
    expect([botTokenId, eotTokenId, padTokenId, checkpoint.config.vocabSize]).toEqual([100, 101, 102, 103]);
    expect(await farthest(checkpoint, merged)).toBe(0);
  });

  test("is not cut down by CODI's: such a configuration is another model's", async () => {
    const { message, hint } = await refusal(CODI, padded);
    expect(message).toMatch(/has 103 rows, config\.json says vocab_size 108/);
    expect(hint).toMatch(
      /use the config\.json that belongs to these weights; if it is this one, set "vocab_size": 103/,
    );
  });
});

describe("the hub's GPT-2", () => {
  test("has no prefix, no head and old buffers; its tokenizer is built from vocab.json and merges.txt", async () => {
    const { checkpoint, notices } = await open(base, null);
    expect(checkpoint.plan.layout).toBe("plain");
    expect(notices).toMatch(
      /buffers that are computed anew are left out: h\.\*\.attn\.\w+ \(2 tensors\), h\.\*\.attn\.\w+ \(2 tensors\)/,
    );
    expect(notices).toContain("m has no tokenizer.json: ids are made from its vocab.json and merges.txt");
    expect(checkpoint.tokenizerFiles).toEqual(["m/vocab.json", "m/merges.txt"]);
    const { tokenizerSha256 } = await checkpoint.hashes();
    const other = (await open({ ...base, "merges.txt": new TextEncoder().encode("#version: 0.2\nh e\n") }, null))
      .checkpoint;
    expect((await other.hashes()).tokenizerSha256).not.toBe(tokenizerSha256);
  });

  test("needs both files, and a base's tokenizer.json does too", async () => {
    expect((await refusal(without(base, "merges.txt"), null)).message).toMatch(/m has no tokenizer\.json/);
    const json = { "tokenizer.json": new Uint8Array(readFileSync(join(modelFolder("forms/base"), "tokenizer.json"))) };
    const { checkpoint } = await open(without(base, "vocab.json"), json);
    expect(checkpoint.tokenizerFiles).toEqual(["b/tokenizer.json"]);
  });
});

describe("weights convert", () => {
  const written = async (files: Files, latents?: number): Promise<Files> => {
    const home = temporaryFolder("codilens-trainer-");
    try {
      mkdirSync(join(home, "in"));
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(home, "in", name), bytes);
      const options = { dtype: "F32", base: join(HOME, "base"), version: "0.0.0", latents } as const;
      await convertWeights(join(home, "in"), join(home, "out"), options);
      return filesIn(join(home, "out"));
    } finally {
      rmSync(home, { recursive: true });
    }
  };

  test("writes no number of latents for a Coconut of which no file says it, and the one that is given", async () => {
    const guessed = await written({ checkpoint_3: CHECKPOINT_3 });
    expect(parsed(guessed["codi.json"])).not.toHaveProperty("num_latents");
    const { checkpoint, notices } = await open(guessed, null);
    expect(checkpoint.assumed.map(({ what }) => what)).toEqual(["num_latents"]);
    expect(notices).toMatch(/6 latents a question: no file says how many/);
    expect(parsed((await written({ checkpoint_3: CHECKPOINT_3 }, 10))["codi.json"])).toMatchObject({ num_latents: 10 });
    expect(parsed((await written(CODI))["codi.json"])).toMatchObject({ num_latents: 6 });
  });

  test.each<[string, Files, string, readonly string[]]>([
    ["CODI's pairs", CODI, "codi", ["prj.1.weight", "prj.ln.bias"]],
    ["Coconut's", { checkpoint_3: CHECKPOINT_3 }, "coconut", []],
    ["a pause control's", { checkpoint_best: BEST }, "pause", ["pause_embedding"]],
  ])(
    "writes %s as a folder under transformers' names, which is the same model again",
    async (_, files, protocol, beside) => {
      const out = await written(files, 6);
      expect(parsed(out["config.json"])).toMatchObject({
        architectures: ["GPT2LMHeadModel"],
        vocab_size: 103,
        tie_word_embeddings: true,
      });
      const tensors = await tensorsOf(out["model.safetensors"]);
      // transformers ties the head itself.
      expect([...tensors.keys()].sort()).toEqual([...merged.keys()].filter((name) => name !== "lm_head.weight").sort());
      for (const [name, values] of tensors)
        expect(Math.max(...values.map((v, i) => Math.abs(v - (merged.get(name)?.[i] ?? Number.NaN))))).toBeLessThan(
          ROUNDING,
        );
      const latents = out["prj.safetensors"] === undefined ? [] : [...(await tensorsOf(out["prj.safetensors"])).keys()];
      expect(latents).toEqual(expect.arrayContaining([...beside]));
      const [first, again] = [await open(files), await open(out, null)];
      expect(again.checkpoint.codi).toEqual({ ...first.checkpoint.codi, rowsAdded: 0, loraAlpha: 32 });
      expect(again.checkpoint.codi.protocol).toBe(protocol);
      expect(again.checkpoint.assumed).toEqual([]);
      expect(await farthest(again.checkpoint, merged)).toBeLessThan(ROUNDING);
    },
  );
});

describe("weights inspect", () => {
  const described = async (files: Files): Promise<WeightsDescription> => {
    const home = temporaryFolder("codilens-trainer-");
    try {
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(home, name), bytes);
      return await describeWeights(home, join(HOME, "base"));
    } finally {
      rmSync(home, { recursive: true });
    }
  };

  test("says family, protocol and latents, and how it knows each", async () => {
    const { recognised, checkpoint } = await described({ checkpoint_best: BEST });
    expect(recognised).toBe("GPT-2 of Coconut's trainer, run as pause");
    expect(checkpoint).toMatchObject({
      family: "GPT-2",
      protocol: "pause",
      latents: 6,
      because: { protocol: "its weights have pause_embedding", latents: "no file says it: it is assumed" },
      tokenizer: [join(HOME, "base", "vocab.json"), join(HOME, "base", "merges.txt")],
    });
    const simCot = await describeWeights(modelFolder("simcot-coconut"), modelFolder("gpt2-base"));
    expect(simCot.notices.join("\n")).toMatch(/simcot-coconut\/config\.json is empty and passed over/);
    expect(simCot.notices.join("\n")).toMatch(/expainable_llm\.\* \(\d+ tensors\) of a second model/);
    expect(simCot.notices.join("\n")).toMatch(
      /6 latents a question: no file says .*--latents.*whose released Coconut has 10/,
    );
    const coconut = await described({ checkpoint_3: CHECKPOINT_3, "codi.json": jsonFile({ num_latents: 3 }) });
    expect(coconut.recognised).toBe("GPT-2 of Coconut's trainer, run as coconut");
    expect(coconut.checkpoint?.because).toEqual({
      protocol: "its weights are named base_causallm.…",
      latents: "codi.json says so",
    });
  });

  test("takes one file for a checkpoint where a base is given, and for a list of tensors where none is", async () => {
    const file = join(HOME, "shared", "checkpoint_3");
    expect((await describeWeights(file, join(HOME, "base"))).recognised).toMatch(/of Coconut's trainer/);
    const alone = await describeWeights(file);
    expect(alone.recognised).toBeNull();
    expect(alone.tensors.map(({ name }) => name)).toContain("embedding.weight");
  });

  test("names a stage-0 checkpoint for what it is, and a load says how it can be run", async () => {
    const stage0 = filesIn(join(HOME, "stage-0"));
    const { recognised, checkpoint } = await described(stage0);
    expect(recognised).toMatch(/^Hugging Face GPT-2, no latents: the stage-0 chain-of-thought model of Coconut's/);
    expect(checkpoint?.because.protocol).toBeNull();
    const load = (options: object): Promise<CodiModel> =>
      CodiModel.load(filesFromBytes("m", stage0), { base: filesFromBytes("b", base), ...options });
    const error = await load({}).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(BadInputError);
    expect((error as BadInputError).message).toMatch(/^m is the stage-0 chain-of-thought model of Coconut's training/);
    expect((error as BadInputError).hint).toMatch(/--protocol none/);
    using model = await load({ protocol: "none" });
    expect((await model.run("the", { maxNewTokens: 2 })).answer.ids.length).toBeLessThanOrEqual(2);
    expect(model.codi.numLatents).toBe(0);
  });
});

describe("ModalityDance's layout", () => {
  const projection: TensorToWrite[] = [
    { name: "projector.1.weight", dtype: "F32", shape: [6, 8], data: new Float32Array(48).fill(0.1) },
    { name: "projector.1.bias", dtype: "F32", shape: [6], data: new Float32Array(6).fill(0.2) },
    { name: "projector.3.weight", dtype: "F32", shape: [8, 6], data: new Float32Array(48).fill(0.3) },
    { name: "projector.3.bias", dtype: "F32", shape: [8], data: new Float32Array(8).fill(0.4) },
    { name: "projector.4.weight", dtype: "F32", shape: [8], data: new Float32Array(8).fill(0.5) },
    { name: "projector.4.bias", dtype: "F32", shape: [8], data: new Float32Array(8).fill(0.6) },
  ];
  const config = {
    ...parsed(base["config.json"]),
    vocab_size: 103,
    latent_id: 102,
    latent_start_id: 100,
    latent_end_id: 101,
  };
  const files: Files = {
    "config.json": jsonFile({ ...config, projector: true, projector_hidden_size: 6 }),
    "model.safetensors": rewritten(all["merged.safetensors"], (each) => each, projection),
  };

  test("has the projection under other names", async () => {
    const { checkpoint } = await open(files);
    expect(checkpoint.prjDim).toBe(6);
    expect((await checkpoint.weight("prj.ln.bias")).values.data[3]).toBeCloseTo(0.6);
    expect([checkpoint.codi.botTokenId, checkpoint.codi.eotTokenId]).toEqual([100, 101]);
    expect(checkpoint.codi.protocol).toBe("codi");
  });

  test("is refused where config.json promises a projection that no file has: as a Coconut it would run wrongly", async () => {
    const { message, hint } = await refusal({ ...files, "model.safetensors": all["merged.safetensors"] as Uint8Array });
    expect(message).toMatch(/config\.json: projector is true, but m\/model\.safetensors has no projection/);
    expect(hint).toMatch(/get the projection's weights too/);
  });
});
