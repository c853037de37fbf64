/** Compares a run with a reference fixture, site by site. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import type { CodiModel } from "../../src/model/codi/codi-model.js";
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

/** Reads a fixture's JSON and tensors. */
export async function readFixture(
  name: string,
): Promise<{ fixture: Fixture; tensor: (site: string) => Promise<Float32Array>; sites: string[] }> {
  const path = (end: string): string => fileURLToPath(new URL(`../fixtures/parity/${name}.${end}`, import.meta.url));
  const fixture = JSON.parse(readFileSync(path("json"), "utf8")) as Fixture;
  const source = await filesFromBytes(name, { f: readFileSync(path("safetensors")) }).open("f");
  const file = await openSafetensors(source);
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
