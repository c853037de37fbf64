/** Compares a run with a reference fixture, site by site. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSafetensors, type SafetensorsFile } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import type { SiteName } from "../../src/model/hooks/names.js";
import type { CodiModel } from "../../src/model/latent/codi-model.js";
import type { RunResult } from "../../src/model/latent/run-types.js";
import { currentEngine } from "../../src/model/tensor/engine.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { widened } from "../../src/model/tensor/floats.js";

/** What the reference's script stored beside its tensors. */
export interface Fixture {
  readonly question: string;
  readonly prompt: number[];
  readonly answer: number[];
  readonly max_new_tokens: number;
  readonly zero_layer: number;
  readonly zeroed: Record<string, number[]>;
  /** Site → largest absolute float32–float64 difference of the reference itself. */
  readonly gap: Record<string, number>;
}

/** The tiny random checkpoints. */
export const MODELS = ["full-heads", "grouped-llama3", "single-kv-lora", "half"] as const;

/**
 * Ours may differ from the reference by this many times the reference's own float32–float64 gap. WebGPU's `exp(x)`, of which softmax and SiLU
 * are made, may be off by 3 + 2|x| units in the last place (WGSL, "Floating Point Accuracy"): SwiftShader's is by 8 where |x| is up to 12. C's
 * libraries stay within one.
 */
export const GAP_FACTORS: Readonly<Record<EngineName, number>> = { native: 10, wasm: 10, webgpu: 20 };
// A site's gap can be 0 or tiny by luck (few values, short sums); one unit in the last place of the site's largest value is its floor.
const FLOAT32_UNIT = 2 ** -23;

export const modelFolder = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url));

/** Opens one safetensors file of the fixtures. */
export async function openFixture(path: string): Promise<SafetensorsFile> {
  const bytes = readFileSync(new URL(`../fixtures/${path}.safetensors`, import.meta.url));
  return openSafetensors(await filesFromBytes(path, { f: bytes }).open("f"));
}

/** Reads one JSON file of the fixtures. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}.json`, import.meta.url), "utf8")) as T;
}

/** A fixture's JSON and its tensors. */
export interface OpenFixture<T = Fixture> {
  readonly fixture: T;
  readonly tensor: (site: string) => Promise<Float32Array>;
}

/** Reads a committed fixture. */
export function readFixture<T = Fixture>(name: string): Promise<OpenFixture<T>> {
  return readFixtureAt<T>(fileURLToPath(new URL(`../fixtures/parity/${name}`, import.meta.url)));
}

/** Reads a fixture anywhere. @param path without ending. */
export async function readFixtureAt<T = Fixture>(path: string): Promise<OpenFixture<T>> {
  const source = await filesFromBytes(path, { f: readFileSync(`${path}.safetensors`) }).open("f");
  const file = await openSafetensors(source);
  return {
    fixture: JSON.parse(readFileSync(`${path}.json`, "utf8")) as T,
    tensor: async (site) => widened(await file.read(site)),
  };
}

/** One site's difference beside its bound. */
export interface Difference {
  readonly site: string;
  /** Largest absolute difference. */
  readonly found: number;
  /** Largest magnitude of the reference. */
  readonly largest: number;
  /** The reference's own float32–float64 gap. */
  readonly gap: number;
  readonly allowed: number;
}

/** Largest absolute difference, and what is allowed at this site. @param engine that computed ours, where it was not this process's. */
export function compare(
  site: string,
  ours: Float32Array,
  reference: Float32Array,
  gap: number,
  engine: EngineName = currentEngine().name,
): Difference {
  if (ours.length !== reference.length)
    throw new RangeError(`${site}: ${ours.length} values, the reference has ${reference.length}`);
  let found = 0;
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    found = Math.max(found, Math.abs((ours[i] ?? 0) - (reference[i] ?? 0)));
    largest = Math.max(largest, Math.abs(reference[i] ?? 0));
  }
  return { site, found, largest, gap, allowed: GAP_FACTORS[engine] * Math.max(gap, FLOAT32_UNIT * largest) };
}

/** What a fixture must say to be compared at every site that it has. */
export type ComparedFixture = Pick<Fixture, "question" | "max_new_tokens" | "gap"> & {
  /** First position that is stored; 0 where it is left out. */
  readonly first_position?: number;
  /** How many latents were run; as many as the checkpoint says where it is left out. */
  readonly latents?: number;
};

/** Runs the fixture's question and compares every site. @param also sites that the run keeps besides. */
export async function differences(
  model: CodiModel,
  { fixture, tensor }: OpenFixture<ComparedFixture>,
  also: readonly SiteName[] = [],
): Promise<{ all: Difference[]; result: RunResult }> {
  const sites = Object.keys(fixture.gap) as (SiteName | "logits")[];
  const result = await model.run(fixture.question, {
    capture: [...sites.map((site) => (site === "logits" ? "hook_logits" : site)), ...also],
    maxNewTokens: fixture.max_new_tokens,
    captureBudgetBytes: 2 ** 33,
    ...(fixture.latents === undefined ? {} : { latents: fixture.latents }),
  });
  const all: Difference[] = [];
  for (const site of sites)
    all.push(
      compare(site, oursOf(result, site, fixture.first_position ?? 0), await tensor(site), fixture.gap[site] ?? 0),
    );
  return { all, result };
}

/** Our values where the fixture has its own. */
function oursOf(result: RunResult, site: SiteName | "logits", first: number): Float32Array {
  const { captures, layout, answer } = result;
  if (site === "logits") {
    const { data, shape } = captures.get("hook_logits");
    const vocab = shape[2] ?? 0;
    // The answer is predicted from the last position before it: EOT, or the prompt's last token where there is none.
    const from = (layout.length - layout.parts.answer - 1) * vocab;
    return data.slice(from, from + answer.ids.length * vocab);
  }
  const { data, shape } = captures.get(site);
  if (first === 0 || site.startsWith("latents.") || site.startsWith("prj.")) return data;
  if (site.endsWith("hook_pattern")) {
    const [, heads = 0, queries = 0, keys = 0] = shape;
    const rows = Array.from({ length: heads }, (_, head) =>
      data.slice((head * queries + first) * keys, (head + 1) * queries * keys),
    );
    return Float32Array.from(rows.flatMap((row) => [...row]));
  }
  return data.slice((first * data.length) / (shape[1] ?? 1));
}

function attentionGaps(name: string): Readonly<Record<string, number>> {
  return readJson<{ models: Record<string, Pick<Fixture, "gap">> }>("sites").models[name]?.gap ?? {};
}

/** The sites that `sites.py` recorded. */
export function attentionSites(name: string): SiteName[] {
  return Object.keys(attentionGaps(name)) as SiteName[];
}

/** Compares those sites of a run of the fixture's question that kept them; scores from the diagonal down. */
export async function attentionDifferences(
  { captures }: Pick<RunResult, "captures">,
  name: string,
): Promise<Difference[]> {
  const file = await openFixture("sites");
  return Promise.all(
    attentionSites(name).map(async (site) => {
      const gap = attentionGaps(name)[site] ?? 0;
      const { data, shape } = captures.get(site);
      const ours = site.endsWith("hook_attn_scores") ? lowerTriangles(data, shape) : data;
      return compare(site, ours, widened(await file.read(`${name}/${site}`)), gap);
    }),
  );
}

/** `[1, heads, query, key]` → the values of query >= key, head by head and row by row. */
export function lowerTriangles(data: Float32Array, shape: readonly number[]): Float32Array {
  const keys = shape[3] ?? 0;
  return data.filter((_, i) => i % keys <= Math.floor(i / keys) % keys);
}
