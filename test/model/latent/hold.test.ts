/** A model whose weights are held as they are stored computes what it does with all of them in float32, to the bit. */
// @needs engine

import { describe, expect, test } from "vitest";
import { CodiModel, filesFromBytes, parseIntervention, type RunResult, tf } from "../../../src/index.js";
import type { CheckpointFiles } from "../../../src/model/checkpoint/source.js";
import { type TensorToWrite, writeSafetensors } from "../../../src/model/checkpoint/write-safetensors.js";
import { float32ToBf16, float32ToF16 } from "../../../src/model/tensor/floats.js";
import { filesIn } from "../../support/checkpoint-files.js";
import { modelFolder } from "../../support/parity.js";
import { tensorsIn } from "../../support/rewritten.js";

const QUESTIONS = ["Tom has 3 pens.", "Ann buys 12 figs, and eats 5. How many?"];
const [QUESTION = ""] = QUESTIONS;

/** A fixture in float32 with the tensors that `isHalf` names in 16 bits. */
function halved(
  name: string,
  { dtype, isHalf = () => true }: { readonly dtype: "BF16" | "F16"; readonly isHalf?: (tensor: string) => boolean },
): CheckpointFiles {
  const files = filesIn(modelFolder(name));
  const round = dtype === "BF16" ? float32ToBf16 : float32ToF16;
  const tensors = tensorsIn(files["model.safetensors"]).map((tensor): TensorToWrite => {
    if (!isHalf(tensor.name)) return tensor;
    return { ...tensor, dtype, data: round(tensor.data as Float32Array) };
  });
  return filesFromBytes(name, { ...files, "model.safetensors": writeSafetensors(tensors) });
}

const isNoFactor = (tensor: string): boolean => !/lora_[AB]/.test(tensor);
const MODELS: Readonly<Record<string, () => CheckpointFiles | string>> = {
  "LLaMA in BF16, its head tied": () => modelFolder("grouped-llama3"),
  "LLaMA in F16": () => modelFolder("half"),
  "LLaMA in BF16, its pairs merged in float32": () => halved("single-kv-lora", { dtype: "BF16", isHalf: isNoFactor }),
  "LLaMA, one of the matrices that are kept together in float32": () =>
    halved("full-heads", { dtype: "BF16", isHalf: (tensor) => !tensor.endsWith("1.self_attn.k_proj.weight") }),
  "GPT-2 in BF16": () => halved("gpt2-latents", { dtype: "BF16" }),
};

/** The bytes of floats: their bits, signs of zeros too. */
function bytes(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function expectSame(found: RunResult, wanted: RunResult): void {
  expect(found.answer.ids).toEqual(wanted.answer.ids);
  expect(found.captures.sites).toEqual(wanted.captures.sites);
  expect(wanted.captures.sites.length).toBeGreaterThan(10);
  for (const site of wanted.captures.sites)
    expect(bytes(found.captures.get(site).data).equals(bytes(wanted.captures.get(site).data)), site).toBe(true);
}

async function load(
  source: CheckpointFiles | string,
  options: Parameters<typeof CodiModel.load>[1] = {},
): Promise<CodiModel> {
  return CodiModel.load(source, { engine: "native", ...options });
}

describe.each(Object.entries(MODELS))("%s", (_, source) => {
  test("every site, latent and logit has the same bits, with an intervention and without", async () => {
    using plain = await load(source());
    using held = await load(source(), { hold: "stored" });
    const options = { capture: ["*"], maxNewTokens: 6 } as const;
    const runs = async (model: CodiModel): Promise<RunResult[]> => [
      ...(await model.runBatch(QUESTIONS, options)),
      ...(await model.runBatch(QUESTIONS, {
        ...options,
        interventions: [parseIntervention("zero:blocks.1.attn.hook_result@latent.1")],
      })),
    ];
    const [wanted, found] = [await runs(plain), await runs(held)];
    for (const [i, run] of found.entries()) expectSame(run, wanted[i] as RunResult);
  });

  test("attributions and the lens are the same", async () => {
    using plain = await load(source());
    using held = await load(source(), { hold: "stored" });
    const read = async (model: CodiModel): Promise<unknown> => {
      const site = "blocks.0.hook_resid_post";
      const run = await model.run(QUESTION, { components: true, capture: [site], maxNewTokens: 4 });
      const parts = await model.attribute(run, [{ kind: "logit", position: "eot", token: 5 }]);
      return [parts, await model.logitLens(run.captures.get(site).data, [5])];
    };
    expect(await read(held)).toEqual(await read(plain));
  });

  test("nothing is left on the engine", async () => {
    const before = tf.memory().numTensors;
    const held = await load(source(), { hold: "stored" });
    const loaded = tf.memory().numTensors;
    await held.run(QUESTION, { maxNewTokens: 4 });
    expect(tf.memory().numTensors).toBe(loaded);
    held.dispose();
    held.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("what it saves is said beforehand", async () => {
  const notices: string[] = [];
  using held = await load(modelFolder("grouped-llama3"), { hold: "stored", onNotice: (line) => notices.push(line) });
  expect(held.codi.numLatents).toBe(6);
  expect(notices).toContainEqual(
    expect.stringMatching(/^weights held as they are stored: \d+\.\d MiB instead of \d+\.\d MiB in float32; /),
  );
});

test("a checkpoint without a matrix in 16 bits is refused, and so is another word", async () => {
  const float32 = load(modelFolder("full-heads"), { hold: "stored" });
  await expect(float32).rejects.toThrow(/full-heads has no matrix to hold in 16 bits: its weights are F32$/);
  await expect(load("tiny-codi", { hold: "bf16" as "stored" })).rejects.toThrow(
    'hold is "bf16", wanted float32 or stored',
  );
});
