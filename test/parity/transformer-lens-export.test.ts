/** `export transformerlens`: keys, shapes, masks and scales are those of TransformerLens 4's own run_with_cache over the same prompt. */
// @needs engine, build, time

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSafetensors, type SafetensorsFile } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import { widened } from "../../src/model/tensor/floats.js";
import { compare, type Fixture, lowerTriangles, modelFolder, openFixture, readJson } from "../support/parity.js";
import { temporaryFolder } from "../support/temporary.js";

interface CacheFixture {
  readonly question: string;
  readonly models: Record<
    string,
    { prompt: number[]; shapes: Record<string, number[]>; gap: Record<string, number>; masked: string[] }
  >;
}

const { question, models } = readJson<CacheFixture>("transformer-lens-cache");
const sites = readJson<{ models: Record<string, Pick<Fixture, "gap">> }>("transformer-lens").models;
// Those of single modules; what they hold stands under other keys.
const OF_MODULES = /\.hook_(?:in|out|cos|sin)$|\.[qkvo]\.hook|^hook_unembed$/;

async function exported(name: string): Promise<{ dir: string; open: (file: string) => Promise<SafetensorsFile> }> {
  const dir = join(temporaryFolder("codilens-export-"), "lens");
  const args = [
    "export",
    "transformerlens",
    dir,
    "--question",
    question,
    "--model",
    modelFolder(name),
    "--max-new-tokens",
    "1",
  ];
  const { status, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return {
    dir,
    open: async (file) => openSafetensors(await filesFromBytes(file, { f: readFileSync(join(dir, file)) }).open("f")),
  };
}

/** Whole numbers of a safetensors file, which our reader of weights has no use for. */
function idsIn(bytes: Buffer, name: string): number[] {
  const begin = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString("utf8", 8, begin)) as Record<string, { data_offsets: [number, number] }>;
  const [from, to] = header[name]?.data_offsets ?? [0, 0];
  return Array.from({ length: (to - from) / 4 }, (_, i) => bytes.readInt32LE(begin + from + 4 * i));
}

/** The part over the first positions: TransformerLens knows no latents. */
function overPrompt(
  key: string,
  data: Float32Array,
  { shape, prompt }: { shape: readonly number[]; prompt: number },
): Float32Array {
  const [, first = 0, positions = 0, keys = 0] = shape;
  if (!/attn_scores|pattern/.test(key)) return data.slice(0, (data.length / first) * prompt);
  return data.filter((_, i) => i % keys < prompt && Math.floor(i / keys) % positions < prompt);
}

describe.each(Object.entries(models))("%s", (name, { prompt, shapes, gap, masked }) => {
  test("every key of the cache has TransformerLens's shape and numbers over the prompt, masked scores included", async () => {
    const { dir, open } = await exported(name);
    const [cache, lens, more] = [
      await open("cache.safetensors"),
      await openFixture("transformer-lens"),
      await openFixture("transformer-lens-cache"),
    ];
    const { positions, cfg } = JSON.parse(readFileSync(join(dir, "cache.json"), "utf8")) as {
      positions: string[];
      cfg: object;
    };
    const wanted = Object.keys(shapes).filter((key) => !OF_MODULES.test(key));
    expect([...cache.tensors.keys()].sort()).toEqual(wanted.sort());
    for (const key of wanted) {
      const { shape = [] } = cache.tensors.get(key) ?? {};
      // Their sequence is the prompt, ours has latents, EOT and an answer behind it.
      const theirs = (shapes[key] ?? []).map((size) => (size === prompt.length ? positions.length : size));
      expect([key, shape]).toEqual([key, theirs]);
      const ours = overPrompt(key, widened(await cache.read(key)), { shape, prompt: prompt.length });
      const isScale = Object.hasOwn(gap, key);
      const scores = key.endsWith("attn_scores");
      const reference = widened(await (isScale ? more : lens).read(`${name}/${key}`));
      const kept = scores ? lowerTriangles(ours, [1, shape[1] ?? 0, prompt.length, prompt.length]) : ours;
      const ownGap = (isScale ? gap[key] : sites[name]?.gap[key]) ?? 0;
      const { found, allowed } = compare(key, kept, reference, ownGap, "native");
      expect({ key, within: found <= allowed, found, allowed }).toMatchObject({ within: true });
      if (scores) {
        const size = prompt.length;
        const above = ours.filter((_, i) => i % size > Math.floor(i / size) % size);
        expect([...new Set([...above].map((value) => value.toExponential(6)))]).toEqual(
          masked.map((text) => Number(text).toExponential(6)),
        );
      }
    }
    expect(cfg).toMatchObject({ n_layers: 3, d_model: 32, n_heads: 4, d_head: 8 });
  });

  test("tokens and logits go with it, and a latent has no token", async () => {
    const { dir, open } = await exported(name);
    const run = await open("run.safetensors");
    const { positions } = JSON.parse(readFileSync(join(dir, "cache.json"), "utf8")) as { positions: string[] };
    const tokens = idsIn(readFileSync(join(dir, "run.safetensors")), "tokens");
    expect(tokens.slice(0, prompt.length)).toEqual(prompt);
    expect(positions.flatMap((each, at) => (tokens[at] === -1 ? [each] : []))).toEqual(
      positions.filter((each) => each.startsWith("latent.")),
    );
    expect(run.tensors.get("logits")?.shape.slice(0, 2)).toEqual([1, positions.length]);
  });
});
