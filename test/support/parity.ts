/** Compares a run with a reference fixture, site by site. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSafetensors, type SafetensorsFile } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import type { CodiModel } from "../../src/model/codi/codi-model.js";
import type { SiteName } from "../../src/model/hooks/names.js";
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

/** Ours may differ from the reference by this many times the reference's own float32–float64 gap. */
export const GAP_FACTOR = 10;
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

/** Reads a fixture's JSON and tensors. */
export async function readFixture(
  name: string,
): Promise<{ fixture: Fixture; tensor: (site: string) => Promise<Float32Array>; sites: string[] }> {
  const fixture = readJson<Fixture>(`parity/${name}`);
  const file = await openFixture(`parity/${name}`);
  return {
    fixture,
    tensor: async (site) => widened(await file.read(site)),
    sites: Object.keys(fixture.gap).filter((site) => site !== "logits"),
  };
}

/** One site's difference beside its bound. */
export interface Difference {
  readonly site: string;
  readonly found: number;
  readonly allowed: number;
}

/** Largest absolute difference, and what is allowed at this site. */
export function compare(site: string, ours: Float32Array, reference: Float32Array, gap: number): Difference {
  if (ours.length !== reference.length)
    throw new RangeError(`${site}: ${ours.length} values, the reference has ${reference.length}`);
  let found = 0;
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    found = Math.max(found, Math.abs((ours[i] ?? 0) - (reference[i] ?? 0)));
    largest = Math.max(largest, Math.abs(reference[i] ?? 0));
  }
  return { site, found, allowed: GAP_FACTOR * Math.max(gap, FLOAT32_UNIT * largest) };
}

/** Runs the fixture's question and compares every site. */
export async function differences(
  model: CodiModel,
  name: string,
): Promise<{ all: Difference[]; answer: readonly number[]; fixture: Fixture; prompt: readonly number[] }> {
  const { fixture, tensor, sites } = await readFixture(name);
  const result = await model.run(fixture.question, {
    capture: [...sites, "hook_logits"],
    maxNewTokens: fixture.max_new_tokens,
  });
  const all: Difference[] = [];
  for (const site of sites)
    all.push(compare(site, result.captures.get(site as "hook_embed").data, await tensor(site), fixture.gap[site] ?? 0));
  const logits = result.captures.get("hook_logits");
  const vocab = logits.shape[2] ?? 0;
  const first = (result.layout.find({ part: "eot", index: result.layout.parts.eot - 1 }) ?? 0) * vocab;
  all.push(
    compare(
      "logits",
      logits.data.slice(first, first + result.answer.ids.length * vocab),
      await tensor("logits"),
      fixture.gap["logits"] ?? 0,
    ),
  );
  return { all, answer: result.answer.ids, prompt: result.promptIds, fixture };
}

/** Runs the fixture's question and compares the sites that `sites.py` recorded; scores from the diagonal down. */
export async function attentionDifferences(model: CodiModel, name: string): Promise<Difference[]> {
  const { fixture } = await readFixture(name);
  const { gap = {} } = readJson<{ models: Record<string, Pick<Fixture, "gap">> }>("sites").models[name] ?? {};
  const file = await openFixture("sites");
  const sites = Object.keys(gap) as SiteName[];
  const { captures } = await model.run(fixture.question, { capture: sites, maxNewTokens: fixture.max_new_tokens });
  return Promise.all(
    sites.map(async (site) => {
      const { data, shape } = captures.get(site);
      const ours = site.endsWith("hook_attn_scores") ? lowerTriangles(data, shape) : data;
      return compare(site, ours, widened(await file.read(`${name}/${site}`)), gap[site] ?? 0);
    }),
  );
}

/** `[1, heads, query, key]` → the values of query >= key, head by head and row by row. */
export function lowerTriangles(data: Float32Array, shape: readonly number[]): Float32Array {
  const keys = shape[3] ?? 0;
  return data.filter((_, i) => i % keys <= Math.floor(i / keys) % keys);
}
