/** One checkpoint in every form in which people have it: the same numbers, and each form's own faults by name. */
// @needs engine

import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CodiModel, filesFromBytes } from "../../../src/index.js";
import { parseAdapterConfig } from "../../../src/model/checkpoint/adapter.js";
import { openFolder } from "../../../src/model/checkpoint/folder.js";
import { type Checkpoint, openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { modelFolder } from "../../support/parity.js";
import { temporaryFolder } from "../../support/temporary.js";

const SOURCE = "single-kv-lora";
const FORMS = ["forms/bin", "forms/sharded", "forms/sharded-bin", "forms/adapter"] as const;
const QUESTION = "Tom has 3 pens and buys 4 more. How many?";
type Files = Record<string, Uint8Array>;
const files = (name: string): Files =>
  Object.fromEntries(
    readdirSync(modelFolder(name)).map((file) => [file, new Uint8Array(readFileSync(join(modelFolder(name), file)))]),
  );
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const read = (bytes: Uint8Array | undefined): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
const open = (all: Files, base?: Files): Promise<Checkpoint> =>
  openCheckpoint(filesFromBytes("m", all), base === undefined ? {} : { base: filesFromBytes("b", base) });

describe("every form of one checkpoint", () => {
  test.each(FORMS)("%s gives the same logits as the trainer's safetensors", async (form) => {
    const options = { capture: ["hook_logits", "latents.hook_input"] as const, maxNewTokens: 6 };
    using model = await CodiModel.load(modelFolder(SOURCE));
    using other = await CodiModel.load(
      modelFolder(form),
      form === "forms/adapter" ? { base: modelFolder("forms/base") } : {},
    );
    const [a, b] = [await model.run(QUESTION, options), await other.run(QUESTION, options)];
    expect(b.answer.ids).toEqual(a.answer.ids);
    for (const site of options.capture) expect(b.captures.get(site).data).toEqual(a.captures.get(site).data);
  });

  test("hashes are of all files that hold weights and settings", async () => {
    const hashes = async (all: Files, base?: Files) => (await open(all, base)).hashes();
    const sharded = files("forms/sharded");
    const before = await hashes(sharded);
    const shard = "model-00002-of-00003.safetensors";
    const spoiled = sharded[shard]?.slice() ?? new Uint8Array();
    spoiled[spoiled.length - 3] = 1;
    expect((await hashes({ ...sharded, [shard]: spoiled })).weightsSha256).not.toBe(before.weightsSha256);
    const codi = { ...read(sharded["codi.json"]), num_latents: 5 };
    expect((await hashes({ ...sharded, "codi.json": json(codi) })).configSha256).not.toBe(before.configSha256);
    const [adapter, base] = [files("forms/adapter"), files("forms/base")];
    const config = { ...read(adapter["adapter_config.json"]), lora_alpha: 17 };
    expect((await hashes({ ...adapter, "adapter_config.json": json(config) }, base)).configSha256).not.toBe(
      (await hashes(adapter, base)).configSha256,
    );
  });

  test("a file that changed between opening and hashing is noticed", async () => {
    const folder = temporaryFolder("codilens-forms-");
    try {
      cpSync(modelFolder("forms/bin"), folder, { recursive: true });
      const checkpoint = await openCheckpoint(openFolder(folder));
      cpSync(modelFolder("full-heads/config.json"), join(folder, "config.json"));
      await expect(checkpoint.hashes()).rejects.toThrow(/config\.json changed since the checkpoint was opened/);
      await checkpoint.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("an index of shards", () => {
  const all = files("forms/sharded");
  const INDEX = "model.safetensors.index.json";
  const index = read(all[INDEX]) as { metadata: { total_size: number }; weight_map: Record<string, string> };
  const [first = ""] = Object.keys(index.weight_map);
  const withMap = (change: Record<string, string>): Files => ({
    ...all,
    [INDEX]: json({ ...index, weight_map: { ...index.weight_map, ...change } }),
  });

  test.each([
    "../../model.safetensors",
    "/etc/passwd",
    "..\\model.safetensors",
    "C:\\model.safetensors",
    "https://example.org/model.safetensors",
    "sub/model.safetensors",
    ".hidden.safetensors",
    "a\u0000b",
    "",
  ])("refuses the file name %j", async (name) => {
    await expect(open(withMap({ [first]: name }))).rejects.toThrow(/names the file .*, wanted plain file names/);
  });

  test("names a missing shard, a tensor in another shard, one too many, one too few, a wrong total", async () => {
    const shards = [...new Set(Object.values(index.weight_map))].sort();
    const { [shards[1] ?? ""]: _, ...without } = all;
    await expect(open(without)).rejects.toThrow(/names "model-00002-of-00003\.safetensors", which is not in m/);
    const other = shards.find((shard) => shard !== index.weight_map[first]) ?? "";
    await expect(open(withMap({ [first]: other }))).rejects.toThrow(/the index says/);
    await expect(open(withMap({ "prj.7.weight": other }))).rejects.toThrow(/"prj\.7\.weight" is not in/);
    const { [first]: __, ...fewer } = index.weight_map;
    await expect(open({ ...all, [INDEX]: json({ ...index, weight_map: fewer }) })).rejects.toThrow(
      /holds .*, which the index does not name/,
    );
    await expect(open({ ...all, [INDEX]: json({ ...index, metadata: { total_size: 1 } }) })).rejects.toThrow(
      /total_size is 1, the shards hold \d+ bytes/,
    );
    await expect(open({ ...all, [INDEX]: json({ weight_map: [] }) })).rejects.toThrow(/weight_map/);
    await expect(open({ ...all, [INDEX]: json({ weight_map: {} }) })).rejects.toThrow(/names 0 files/);
  });

  test("a shard that is a link out of the folder is refused, a hub cache's own links are followed", async () => {
    const home = realpathSync(temporaryFolder("codilens-links-"));
    try {
      const snapshot = join(home, "snapshots", "abc");
      mkdirSync(join(home, "blobs"), { recursive: true });
      cpSync(modelFolder("forms/sharded"), snapshot, { recursive: true });
      const shard = join(snapshot, "model-00001-of-00003.safetensors");
      cpSync(shard, join(home, "blobs", "1234"));
      cpSync(shard, join(home, "elsewhere"));
      rmSync(shard);
      symlinkSync("../../blobs/1234", shard);
      await (await openCheckpoint(openFolder(snapshot))).close();
      rmSync(shard);
      symlinkSync("../../elsewhere", shard);
      await expect(openCheckpoint(openFolder(snapshot))).rejects.toThrow(/is a link that leads out of its folder/);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});

describe("shards without their index", () => {
  const withoutIndex = (form: string): Files =>
    Object.fromEntries(Object.entries(files(form)).filter(([name]) => !name.endsWith(".index.json")));

  test.each(["forms/sharded", "forms/sharded-bin"])(
    "%s gives the same logits as the trainer's safetensors",
    async (form) => {
      const options = { capture: ["hook_logits"] as const, maxNewTokens: 6 };
      using model = await CodiModel.load(modelFolder(SOURCE));
      using other = await CodiModel.load(filesFromBytes("m", withoutIndex(form)));
      const [a, b] = [await model.run(QUESTION, options), await other.run(QUESTION, options)];
      expect(b.captures.get("hook_logits").data).toEqual(a.captures.get("hook_logits").data);
    },
  );

  test("one that is missing is named, and how many more are", async () => {
    const all = withoutIndex("forms/sharded");
    const { "model-00002-of-00003.safetensors": _, ...two } = all;
    await expect(open(two)).rejects.toThrow(/without an index, and lacks model-00002-of-00003\.safetensors$/);
    const { "model-00001-of-00003.safetensors": __, ...one } = two;
    await expect(open(one)).rejects.toThrow(/lacks model-00001-of-00003\.safetensors and 1 more of them$/);
  });

  test("a whole set is read beside one that is not, and safetensors before .bin; what is not read is named", async () => {
    const [tensors, bin] = [withoutIndex("forms/sharded"), withoutIndex("forms/sharded-bin")];
    const { "model-00003-of-00003.safetensors": _, ...torn } = tensors;
    const hashes = async (given: Files) => (await (await open(given)).hashes()).weightsSha256;
    expect(await hashes({ ...bin, ...torn })).toBe(await hashes(bin));
    expect(await hashes({ ...bin, ...tensors })).toBe(await hashes(tensors));
    const notices: string[] = [];
    await openCheckpoint(filesFromBytes("m", { ...bin, ...tensors }), { onNotice: (text) => void notices.push(text) });
    expect(notices).toContainEqual(
      expect.stringMatching(/not from pytorch_model-00001-of-00002\.bin, which lies there too/),
    );
  });
});

describe("a base and an adapter", () => {
  const [adapter, base] = [files("forms/adapter"), files("forms/base")];
  const CONFIG = "adapter_config.json";
  const config = read(adapter[CONFIG]);
  const withConfig = (change: Record<string, unknown>): Promise<Checkpoint> =>
    open({ ...adapter, [CONFIG]: json({ ...config, ...change }) }, base);

  test("an adapter alone, a base alone and a base that has pairs already are told apart", async () => {
    await expect(open(adapter)).rejects.toThrow(/has no config\.json/);
    const { [CONFIG]: _, ...weights } = adapter;
    await expect(
      open({
        ...weights,
        ...{ "config.json": base["config.json"] ?? json({}), "tokenizer.json": base["tokenizer.json"] ?? json({}) },
      }),
    ).rejects.toThrow(/no model\.safetensors/);
    await expect(CodiModel.load(modelFolder("forms/base"))).rejects.toThrow(/has no projection/);
    await expect(open(adapter, files(SOURCE))).rejects.toThrow(/has LoRA pairs already/);
    const { "adapter_model.safetensors": __, ...noWeights } = adapter;
    await expect(open(noWeights, base)).rejects.toThrow(/neither adapter_model\.safetensors nor adapter_model\.bin/);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ["another kind", { peft_type: "IA3" }, /peft_type is "IA3", wanted "LORA"/],
    ["DoRA", { use_dora: true }, /use_dora is true/],
    ["a LoRA bias", { lora_bias: true }, /lora_bias is true/],
    ["ranks by module that the file lacks", { rank_pattern: { q_proj: 8 } }, /has rank 4, adapter_config\.json says 8/],
    ["PiSSA", { init_lora_weights: "pissa" }, /init_lora_weights is "pissa"/],
    ["repeated layers", { layer_replication: [[0, 2]] }, /layer_replication/],
    ["tokens trained alone", { trainable_token_indices: [1, 2] }, /trainable_token_indices/],
    ["an unknown key", { use_newest: { a: 1 } }, /use_newest/],
    ["no rank", { r: 0 }, /r: /],
    ["no alpha", { lora_alpha: null }, /lora_alpha: /],
    ["another rank than the weights have", { r: 8 }, /has rank 4, adapter_config\.json says 8/],
    [
      "a target that has no pair in the file",
      { target_modules: ["q_proj"] },
      /is there, but adapter_config\.json gives/,
    ],
    [
      "norms that it should hold but does not",
      { modules_to_save: ["norm"] },
      /layers\.0\.input_layernorm\.weight" is missing, adapter_config\.json lists it in modules_to_save.*model\.norm\.weight" is missing/,
    ],
    ["layers that have no pair", { layers_to_transform: [0, 1] }, /gives layers\.2/],
  ])("refuses %s by name", async (_, change, message) => {
    await expect(withConfig(change)).rejects.toThrow(message);
  });

  test("the factor is alpha over rank, and over its root with rsLoRA", () => {
    const scaleOf = (change: Record<string, unknown>): number | undefined =>
      parseAdapterConfig({ ...config, ...change }, "c").pairOf("model.layers.0.mlp.up_proj")?.scale;
    expect(scaleOf({ r: 16, lora_alpha: 8 })).toBe(0.5);
    expect(scaleOf({ r: 16, lora_alpha: 8, use_rslora: true })).toBe(2);
  });

  test("rsLoRA changes the model by what it says", async () => {
    const plain = await open(adapter, base);
    const scaled = await withConfig({ use_rslora: true });
    const name = "layers.1.mlp.up_proj.weight";
    expect((await plain.weight(name)).lora?.scale).toBe(4);
    expect((await scaled.weight(name)).lora?.scale).toBe(8);
  });
});
