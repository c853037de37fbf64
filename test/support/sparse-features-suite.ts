/** Sparse autoencoders against SAELens, run once on each engine. */

import { afterAll, describe, expect, test } from "vitest";
import { at, CodiModel, loadSae, type RunResult, type SparseAutoencoder, tf } from "../../src/index.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { widened } from "../../src/model/tensor/floats.js";
import { numbersOf } from "../../src/model/tensor/numbers.js";
import { modelFolder, openFixture, readJson } from "./parity.js";

interface FeatureCase {
  readonly interventions: readonly string[];
  readonly answer: readonly number[];
  /** How far the logits at EOT lie from those without interventions. */
  readonly moved: number;
  /** The reference's own gap between float32 and float64. */
  readonly gaps: Readonly<Record<Part, number>>;
}

/** What of a run is compared. */
type Part = "logits" | "inputs" | "features";

/** What SAELens gives. */
export const expected = readJson<{
  readonly question: string;
  readonly source: string;
  readonly tokens: number;
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly folders: Readonly<
    Record<string, { readonly site: string; readonly active: number; readonly cases: FeatureCase[] }>
  >;
}>("sparse-features/expected");

/** Folder of an autoencoder of the fixture. */
export function saeFolder(name: string): string {
  return new URL(`../fixtures/sparse-features/${name}`, import.meta.url).pathname;
}

const NAMES = Object.keys(expected.folders);
/** The bound, relative to the largest number. */
const CLOSE = 1e-5;

function expectClose(found: ArrayLike<number>, wanted: Float32Array, bound?: number): void {
  expect(found.length).toBe(wanted.length);
  const most = wanted.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  const apart = wanted.reduce((max, x, i) => Math.max(max, Math.abs(x - (found[i] ?? Number.NaN))), 0);
  expect(apart).toBeLessThanOrEqual(bound ?? CLOSE * most);
}

/** @param engine the engine of this test process. */
export function sparseFeaturesSuite(engine: EngineName): void {
  const loaded = CodiModel.load(modelFolder("grouped-llama3"), { engine });
  const tensors = openFixture("sparse-features/expected");
  const read = async (name: string): Promise<Float32Array> => widened(await (await tensors).read(name));
  const saes = loaded.then(
    async () => new Map(await Promise.all(NAMES.map(async (name) => [name, await loadSae(saeFolder(name))] as const))),
  );
  const saeOf = async (name: string): Promise<SparseAutoencoder> => (await saes).get(name) as SparseAutoencoder;
  afterAll(async () => {
    for (const sae of (await saes).values()) sae.dispose();
    (await loaded).dispose();
  });
  const values = Object.fromEntries(
    Object.entries(expected.values).map(([name, data]) => [
      name,
      { shape: [data.length], data: Float32Array.from(data) },
    ]),
  );
  const common = { maxNewTokens: expected.tokens, values };
  const atEot = (run: RunResult): Float32Array => run.captures.at("hook_logits", at.eot).data;

  describe.each(NAMES)(`${engine}: autoencoder %s`, (name) => {
    const { site, active, cases } = expected.folders[name] as (typeof expected.folders)[string];
    const features = `${site}.sae`;
    const capture = [features, "hook_logits", "latents.hook_input"];
    // The gap of one run may be small by chance.
    const bound = (part: Part): number => 10 * Math.max(...cases.map(({ gaps }) => gaps[part]));

    test("gives SAELens's features and states, and its error puts the states together again", async () => {
      const sae = await saeOf(name);
      const states = await read("states");
      using x = tf.tensor2d(states, [states.length / 32, 32]);
      using found = sae.encode(x);
      using decoded = sae.decode(found, x);
      using error = sae.error(x);
      const numbers = await numbersOf(found);
      expectClose(numbers, await read(`${name}.features`));
      expect(numbers.filter((value) => value > 0).length).toBe(active);
      const whole = await numbersOf(decoded);
      expectClose(whole, await read(`${name}.decoded`));
      const rest = await numbersOf(error);
      expectClose(
        whole.map((value, i) => value + (rest[i] ?? 0)),
        states,
      );
    });

    test("changes no number of a run where nothing is written, and where a run's own features are", async () => {
      const model = await loaded;
      const given = { ...common, saes: [await saeOf(name)] };
      const plain = await model.run(expected.question, { ...common, capture: ["hook_logits"] });
      const watched = await model.run(expected.question, { ...given, capture });
      expectClose(
        watched.captures.get(features as never).data.subarray(0, (await read(`${name}.clean`)).length),
        await read(`${name}.clean`),
      );
      const patched = await model.run(expected.question, {
        ...given,
        capture,
        interventions: [`patch(own):${features}@latent`],
        sources: { own: [watched] },
      });
      expect(patched.fired.map(({ count }) => count)).toEqual([6]);
      for (const run of [watched, patched])
        expect(run.captures.get("hook_logits").data).toEqual(plain.captures.get("hook_logits").data);
    });

    test("changes a run as SAELens with its error term does, by itself and as branches of one run", async () => {
      const model = await loaded;
      const given = { ...common, saes: [await saeOf(name)], capture };
      const source = await model.run(expected.source, given);
      const options = { ...given, sources: { other: [source] } };
      const [branches = []] = await model.runConditions(
        [expected.question],
        cases.map(({ interventions }, i) => ({ name: `${i}`, interventions })),
        options,
      );
      for (const [i, { interventions, answer }] of cases.entries()) {
        const alone = await model.run(expected.question, { ...options, interventions });
        for (const run of [alone, branches[i] as RunResult]) {
          expect(run.answer.ids).toEqual(answer);
          expectClose(atEot(run), await read(`${name}.${i}.logits`), bound("logits"));
          expectClose(run.captures.get("latents.hook_input").data, await read(`${name}.${i}.inputs`), bound("inputs"));
          const written = run.captures.at(features, at.latent()).data;
          expectClose(written, await read(`${name}.${i}.features`), bound("features"));
        }
      }
    });
  });
}
