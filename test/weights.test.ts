/** Describing, verifying and converting checkpoints. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeNote } from "../src/hub/verified-note.js";
import { CodiModel } from "../src/index.js";
import { float32ToBf16, float32ToF16 } from "../src/model/tensor/floats.js";
import { convertWeights } from "../src/weights/convert.js";
import { describeWeights } from "../src/weights/describe.js";
import { verifyWeights } from "../src/weights/verify.js";
import { modelFolder } from "./support/parity.js";
import { temporaryFolder } from "./support/temporary.js";

const QUESTION = "Tom has 3 pens and buys 4 more. How many?";
const version = "0.0.0";
let home = "";
beforeEach(() => {
  home = temporaryFolder("codilens-weights-");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A copy of a model's folder with one byte of its weights changed. */
function spoiled(name: string, change: (bytes: Buffer, dataBegin: number) => void): string {
  const folder = join(home, "spoiled");
  cpSync(modelFolder(name), folder, { recursive: true });
  const file = join(folder, "model.safetensors");
  const bytes = readFileSync(file);
  change(bytes, 8 + Number(bytes.readBigUInt64LE(0)));
  writeFileSync(file, bytes);
  return folder;
}

describe("describeWeights()", () => {
  test.each([
    ["single-kv-lora", undefined, /with LoRA pairs, with projection/, 21],
    ["full-heads", undefined, /without LoRA/, 0],
    ["forms/base", undefined, /Hugging Face LLaMA, no projection/, 0],
    ["forms/adapter", "forms/base", /LLaMA under a PEFT adapter, with projection/, 21],
    ["forms/sharded-bin", undefined, /with LoRA pairs/, 21],
  ])("%s over %s is recognised", async (name, base, words, pairs) => {
    const found = await describeWeights(modelFolder(name), base === undefined ? undefined : modelFolder(base));
    expect(found.recognised).toMatch(words);
    expect(found.checkpoint?.merged.weights).toBe(pairs);
    expect(found.tensors.length).toBeGreaterThan(20);
    // 24 matrices and 7 norms of the language model, counted by hand from its configuration.
    if (name === "forms/base")
      expect(found.checkpoint?.parameters).toBe(80 * 32 + 3 * (2 * 32 * 32 + 2 * 8 * 32 + 3 * 32 * 48 + 64) + 32);
  });

  test("pad, BOT and EOT belong to latents: a plain language model has none", async () => {
    const plain = await describeWeights(modelFolder("forms/base"));
    expect(plain.checkpoint?.special).toMatchObject({ pad: null, bot: null, eot: null });
    const { stdout } = spawnSync(
      process.execPath,
      ["scripts/codilens.mjs", "weights", "inspect", modelFolder("forms/base")],
      {
        encoding: "utf8",
      },
    );
    expect(stdout).toMatch(/^BOS \d+, EOS \d+ \(0 rows added to the vocabulary\)$/m);
    const codi = await describeWeights(modelFolder("full-heads"));
    expect(codi.checkpoint?.special).toMatchObject({ pad: 2, bot: 3, eot: 4 });
  });

  test("one file is listed whatever it is part of; other things are named", async () => {
    const file = join(modelFolder("forms/bin"), "pytorch_model.bin");
    expect((await describeWeights(file)).tensors[0]).toMatchObject({ dtype: "F32", shape: [83, 32], bytes: 10624 });
    await expect(describeWeights(join(home, "nothing"))).rejects.toThrow(/ENOENT/);
    await expect(describeWeights("package.json")).rejects.toThrow(/header claims/);
  });
});

/** Without what is said of the settings. */
function zeroNotices({ notices }: { readonly notices: readonly string[] }): string[] {
  return notices.filter((notice) => notice.includes("all zero"));
}

describe("verifyWeights()", () => {
  test("passes sound checkpoints of every kind", async () => {
    expect((await verifyWeights("weights/tiny-codi")).manifest?.files).toBeGreaterThan(5);
    const adapter = await verifyWeights(modelFolder("forms/adapter"), { base: modelFolder("forms/base") });
    expect(adapter.forward.ids).toEqual([0, 1, 2]);
    expect((await verifyWeights(modelFolder("forms/base"))).notices).toEqual([
      expect.stringMatching(/has no projection/),
    ]);
  });

  test.each([
    ["the first element", 0],
    ["one in the middle", 5000],
    ["the last element", -1],
  ])("finds a NaN in %s", async (_, place) => {
    const folder = spoiled("full-heads", (bytes, begin) =>
      bytes.writeFloatLE(Number.NaN, place < 0 ? bytes.length - 4 : begin + 4 * place),
    );
    await expect(verifyWeights(folder)).rejects.toThrow(/holds NaN at element \d+/);
  });

  test("names a tensor that is all zero, and lets it pass", async () => {
    const folder = spoiled("full-heads", (bytes, begin) => {
      const header = JSON.parse(bytes.subarray(8, begin).toString()) as Record<string, { data_offsets: number[] }>;
      const [from = 0, to = 0] = header["codi.model.layers.1.mlp.up_proj.weight"]?.data_offsets ?? [];
      bytes.fill(0, begin + from, begin + to);
    });
    expect(zeroNotices(await verifyWeights(folder))).toEqual([
      expect.stringMatching(/layers\.1\.mlp\.up_proj\.weight" is all zero/),
    ]);
  });

  test.each([
    [2, /: 2 tensors are all zero: "codi\.model\.layers\.0\.mlp\.up_proj\.weight", "codi.*1\.mlp\.up_proj\.weight"$/],
    [
      5,
      /: 5 tensors are all zero: ".*0\.mlp\.down_proj\.weight", ".*0\.mlp\.gate_proj\.weight", ".*0\.mlp\.up_proj\.weight" and 2 more$/,
    ],
  ])("tells of %i tensors that are all zero in one line", async (count, line) => {
    const folder = spoiled("full-heads", (bytes, begin) => {
      const header = JSON.parse(bytes.subarray(8, begin).toString()) as Record<string, { data_offsets: number[] }>;
      const names = ["0.mlp.up_proj", "1.mlp.up_proj", "0.mlp.gate_proj", "0.mlp.down_proj", "2.mlp.up_proj"];
      for (const name of names.slice(0, count)) {
        const [from = 0, to = 0] = header[`codi.model.layers.${name}.weight`]?.data_offsets ?? [];
        bytes.fill(0, begin + from, begin + to);
      }
    });
    expect(zeroNotices(await verifyWeights(folder))).toEqual([expect.stringMatching(line)]);
  });

  test("compares the files with the manifest of the folder", async () => {
    const out = join(home, "out");
    await convertWeights(modelFolder("half"), out, { dtype: "F16", version });
    expect((await verifyWeights(out)).manifest?.files).toBe(readdirSync(out).length - 1);
    const file = join(out, "model.safetensors");
    const bytes = readFileSync(file);
    bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(verifyWeights(out)).rejects.toThrow(/has SHA-256 .*, its manifest says/);
    writeFileSync(file, bytes.subarray(0, 100));
    await expect(verifyWeights(out)).rejects.toThrow(/has 100 bytes, its manifest says/);
  });

  test("compares a download with its note: another time is hashed again, another byte is refused", async () => {
    const out = join(home, "downloaded");
    const names = readdirSync(modelFolder("full-heads")).filter((name) => !name.startsWith("."));
    cpSync(modelFolder("full-heads"), out, { recursive: true });
    const file = join(out, "model.safetensors");
    const bytes = readFileSync(file);
    writeNote(out, {
      schema: 1,
      repository: "someone/model",
      revision: "main",
      commit: "c".repeat(40),
      endpoint: "hub",
      include: [],
      selection: names,
      files: names.map((name) => {
        const { size, mtimeMs } = statSync(join(out, name));
        const sha256 = createHash("sha256")
          .update(readFileSync(join(out, name)))
          .digest("hex");
        return { name, sizeBytes: size, mtimeMs, sha256 };
      }),
      parts: [],
    });
    const download = { repository: "someone/model", files: names.length, hashedAgain: 0 };
    expect((await verifyWeights(out)).download).toMatchObject(download);
    writeFileSync(file, bytes);
    utimesSync(file, 1, 1);
    expect((await verifyWeights(out)).download).toMatchObject({ ...download, hashedAgain: 1 });
    // The last weight's lowest bit: the model still loads and computes.
    const at = bytes.length - 4;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(verifyWeights(out)).rejects.toThrow(/model\.safetensors has SHA-256 .*codilens-download\.json says/);
    writeFileSync(file, bytes.subarray(1));
    await expect(verifyWeights(out)).rejects.toThrow(/model\.safetensors has \d+ bytes, .* says/);
    rmSync(file);
    await expect(verifyWeights(out)).rejects.toThrow(/has no bytes/);
  });

  test("refuses before loading where the memory cannot suffice, unless forced", async () => {
    process.env["CODILENS_MEMORY_LIMIT_MB"] = "300";
    try {
      await expect(CodiModel.load(modelFolder("half"))).rejects.toThrow(
        /Not enough memory to load .*needs about 7\d\d\.\d MiB, 300\.0 MiB are available/,
      );
      using model = await CodiModel.load(modelFolder("half"), { force: true });
      expect(model.config.layers).toBe(3);
    } finally {
      delete process.env["CODILENS_MEMORY_LIMIT_MB"];
    }
  });
});

describe("convertWeights()", () => {
  test.each([
    ["single-kv-lora", undefined],
    ["forms/adapter", "forms/base"],
    ["full-heads", undefined],
  ])("%s over %s, merged and written as float32, answers with the same logits", async (name, base) => {
    const out = join(home, "out");
    const from = base === undefined ? {} : { base: modelFolder(base) };
    await convertWeights(modelFolder(name), out, { dtype: "F32", version, ...from });
    const options = { capture: ["hook_logits"] as const, maxNewTokens: 6 };
    using before = await CodiModel.load(modelFolder(name), from);
    using after = await CodiModel.load(out);
    const [a, b] = [await before.run(QUESTION, options), await after.run(QUESTION, options)];
    expect(b.answer.ids).toEqual(a.answer.ids);
    expect(b.promptIds).toEqual(a.promptIds);
    const [x, y] = [a.captures.get("hook_logits").data, b.captures.get("hook_logits").data];
    for (const [i, value] of x.entries()) expect(Math.abs(value - (y[i] ?? 0))).toBeLessThan(1e-4);
    expect(readdirSync(home)).toEqual(["out"]);
  });

  test("a type that the weights have already keeps every bit", async () => {
    const out = join(home, "out");
    await convertWeights(modelFolder("grouped-llama3"), out, { dtype: "BF16", version });
    const [a, b] = [await describeWeights(modelFolder("grouped-llama3")), await describeWeights(out)];
    expect(new Set(b.tensors.map(({ dtype }) => dtype))).toEqual(new Set(["BF16"]));
    expect(b.checkpoint?.parameters).toBe(a.checkpoint?.parameters);
    using before = await CodiModel.load(modelFolder("grouped-llama3"));
    using after = await CodiModel.load(out);
    const options = { capture: ["hook_logits"] as const, maxNewTokens: 6 };
    expect((await after.run(QUESTION, options)).captures.get("hook_logits").data).toEqual(
      (await before.run(QUESTION, options)).captures.get("hook_logits").data,
    );
  });

  test("a folder in use, and values that the type cannot hold, are refused and nothing is left", async () => {
    await expect(
      convertWeights(modelFolder("half"), modelFolder("full-heads"), { dtype: "F32", version }),
    ).rejects.toThrow(/is not empty/);
    const folder = spoiled("full-heads", (bytes, begin) => bytes.writeFloatLE(70000, begin + 400));
    const out = join(home, "out");
    await expect(convertWeights(folder, out, { dtype: "F16", version })).rejects.toThrow(
      /holds 70000 at element \d+, which F16 cannot hold/,
    );
    expect(readdirSync(home)).toEqual(["spoiled"]);
    expect((await convertWeights(folder, out, { dtype: "BF16", version })).merged).toBe(0);
  });
});

describe("rounding to 16 bits", () => {
  const { rounding } = JSON.parse(readFileSync(new URL("fixtures/rounding.json", import.meta.url), "utf8")) as {
    rounding: { bits: number[]; bf16: number[]; f16: number[] };
  };

  test("equals PyTorch's, ties, subnormals and overflow too", () => {
    const values = new Float32Array(Uint32Array.from(rounding.bits).buffer);
    expect([...float32ToBf16(values)]).toEqual(rounding.bf16);
    expect([...float32ToF16(values)]).toEqual(rounding.f16);
  });
});
