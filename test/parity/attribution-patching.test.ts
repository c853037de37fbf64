/** The study `attribution` on the embedded model against PyTorch: what gradients predict of a patch, and what the patch does. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { tf } from "../../src/index.js";
import { predictPairs } from "../../src/studies/attribution/predict.js";
import { attribution } from "../../src/studies/attribution/study.js";
import { plannedCells } from "../../src/studies/patching/cost.js";
import { cellsOf, PATCH_MAPS, PATCH_SITES, type PatchMap } from "../../src/studies/patching/grid.js";
import { type Pair, pairsOf } from "../../src/studies/patching/pairs.js";
import { type MapOutcome, patchPair, shapeOf } from "../../src/studies/patching/patch-maps.js";
import { mapPredictor } from "../../src/studies/patching/predictions.js";
import { conditionsOfStudy } from "../../src/studies/study.js";
import { readJson } from "../support/parity.js";
import { loadTiny } from "../support/tiny.js";

const WAYS = ["gradient", "integrated", "patched"] as const;
type Way = (typeof WAYS)[number];

interface Cell extends Readonly<Record<Way, number>> {
  readonly site: string;
  readonly block: number;
  readonly row: string;
  readonly step: number;
  readonly peak: number | null;
  readonly gap: Readonly<Record<Way, number>>;
}

interface Fixture {
  readonly pairs: readonly {
    readonly clean: string;
    readonly counterfactual: string;
    readonly own: number;
    readonly other: number;
    readonly differences: readonly [clean: number, counterfactual: number];
    readonly way: readonly number[];
    readonly cells: readonly Cell[];
    /** Of the maps of `patching`. */
    readonly maps: readonly {
      readonly site: string;
      readonly at: string | null;
      readonly row: string;
      readonly column: string;
      readonly predicted: number;
      readonly gap: number;
    }[];
  }[];
}

const fixture = readJson<Fixture>("attribution_patching");
const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const conditions = conditionsOfStudy(attribution, { layer: 8, depth: 16, latents: 6, protocol: "codi" });
const maps = conditions.flatMap(({ patch }) => patch ?? []);

function mapOf(outcome: MapOutcome | undefined) {
  if (outcome === undefined || !("map" in outcome) || outcome.map === null) throw new Error("no map");
  return outcome.map;
}

const run = { maxNewTokens: 12 };
const exact = maps.filter(({ by }) => by === undefined);
const predicted = maps.filter(({ by }) => by !== undefined);
/** All pairs of the fixture, predicted together. */
const predictions = loaded.then(async (model) => {
  const asked = fixture.pairs.map(({ clean, counterfactual }, i) => ({
    problem: { id: `${i}`, question: clean, expected: 0, counterfactual },
    draft: { candidates: [counterfactual], unrelated: [[]] },
  }));
  const pairs = (await pairsOf(model, asked, run)) as Pair[];
  const tensors = tf.memory().numTensors;
  const guesses = await predictPairs(model, pairs, { maps: predicted });
  expect(tf.memory().numTensors).toBe(tensors);
  return { pairs, guesses };
});

describe.each([...fixture.pairs.entries()])("pair %i", (place, { differences, way, cells }) => {
  test("cells are PyTorch's, by one gradient, by integrated gradients and patched", async () => {
    const model = await loaded;
    const { pairs, guesses } = await predictions;
    const [pair, guess] = [pairs[place], guesses[place]];
    if (pair === undefined || guess === undefined) throw new Error("no pair");
    const patched = await patchPair(model, pair, { maps: exact, ...run });
    // Another way through the same numbers in float32: the reference's own distance between its precisions, tenfold.
    const gap = 10 * Math.max(...cells.flatMap((cell) => WAYS.map((each) => cell.gap[each])));
    expect(gap).toBeLessThan(1e-3);
    const { pair: kept } = patched;
    for (const own of [kept, guess.pair]) {
      expect(Math.abs(own.differences.clean - differences[0])).toBeLessThan(gap);
      expect(Math.abs(own.differences.counterfactual - differences[1])).toBeLessThan(gap);
    }
    const find = (site: string, by: Way) => {
      const isIt = (map: PatchMap): boolean => map.site === site && (map.by ?? "patched") === by;
      return mapOf(by === "patched" ? patched.maps[exact.findIndex(isIt)] : guess.maps[predicted.findIndex(isIt)]);
    };
    const found = find("resid", "integrated").way ?? [];
    expect(found).toHaveLength(way.length);
    for (const [i, value] of way.entries()) expect(Math.abs((found[i] ?? 0) - value)).toBeLessThan(gap);
    for (const cell of cells) {
      const said = JSON.stringify(cell);
      for (const by of WAYS) {
        const { rows, columns, differences: all } = find(cell.site, by);
        const value = all[rows.indexOf(cell.row)]?.[columns.indexOf(String(cell.block))] ?? Number.NaN;
        expect(Math.abs(value - kept.differences.clean - cell[by]), `${by} ${said}`).toBeLessThan(gap);
      }
      const { rows, steps, peaks } = find(cell.site, "gradient");
      const [step, peak] = [steps, peaks].map((all) => all?.[rows.indexOf(cell.row)]?.[cell.block]);
      // Three digits are kept.
      expect(Math.abs((step ?? Number.NaN) - cell.step), said).toBeLessThan(6e-3 * cell.step + 1e-6);
      if (cell.peak === null) expect(peak).toBeNull();
      else expect(Math.abs((peak ?? Number.NaN) / cell.peak - 1), said).toBeLessThan(6e-3);
    }
  });
});

describe.each([...fixture.pairs.entries()])("pair %i", (place, { maps: cells }) => {
  test("what patching keeps beside its own maps is PyTorch's, of several positions and blocks at once too", async () => {
    const model = await loaded;
    const { pairs } = await predictions;
    const pair = pairs[place];
    if (pair === undefined) throw new Error("no pair");
    const asked = PATCH_MAPS.filter(({ isPredicted }) => isPredicted);
    // Cells need not be run for it.
    const source = await model.run(pair.counterfactual.question, { ...run, capture: PATCH_SITES });
    const tensors = tf.memory().numTensors;
    const predict = await mapPredictor(model, pair, { source: source.captures });
    expect(tf.memory().numTensors).toBe(tensors);
    const gap = 10 * Math.max(...cells.map((cell) => cell.gap));
    expect(gap).toBeLessThan(1e-3);
    const { differences } = fixture.pairs[place] ?? { differences: [Number.NaN] };
    const shape = shapeOf(model, pair);
    const found = asked.flatMap((map) => {
      const all = cellsOf(map, shape, "other");
      const kept = predict(all);
      if (!("predicted" in kept)) throw new Error(kept.unpredicted);
      const rows = [...new Set(all.map(({ row }) => row))];
      const columns = [...new Set(all.map(({ column }) => column))];
      expect(kept.predicted.map(({ length }) => length)).toEqual(rows.map(() => columns.length));
      return cells
        .filter(({ site, at }) => site === map.site && at === map.at)
        .map((cell) => ({ cell, value: kept.predicted[rows.indexOf(cell.row)]?.[columns.indexOf(cell.column)] }));
    });
    expect(found).toHaveLength(cells.length);
    for (const { cell, value } of found)
      expect(Math.abs((value ?? Number.NaN) - differences[0] - cell.predicted), JSON.stringify(cell)).toBeLessThan(gap);
  });
});

test("every position, head and block is predicted", async () => {
  const { guesses } = await predictions;
  const heads = predicted.findIndex(({ site, by }) => site === "head" && by === "gradient");
  const { rows, columns, differences } = mapOf(guesses[0]?.maps[heads]);
  // Number, question after it, BOT, six latents, EOT, the answer's words and the token before the number, of four heads each.
  expect([rows.length, columns.length, differences.flat().length]).toEqual([12 * 4, 16, 12 * 4 * 16]);
});

test("a plan counts one forward of the source, and three for each gradient: itself and its backward pass", () => {
  const config = { layers: 16, heads: 4 };
  const count = (by: readonly string[]): number =>
    plannedCells(
      conditions.filter(({ factors }) => by.includes(String(factors["by"]))),
      config,
      { numLatents: 6 },
    ).length;
  expect(count(["gradient"])).toBe(4);
  expect(count(["gradient", "integrated"])).toBe(1 + 3 * 8);
  // Maps that are patched: the gradient beside them has its source's run already.
  const map = { name: "map", study: "patching", latent: null, interventions: [], factors: {} };
  const [noising, denoising] = PATCH_MAPS.map((patch) => plannedCells([{ ...map, patch }], config, { numLatents: 6 }));
  expect((noising?.length ?? 0) - (denoising?.length ?? 0)).toBe(3);
  // Without the answer's words, which a plan does not know: 11 positions in every second block at three sites, of four heads in every fourth.
  expect(count(["patched"])).toBe(11 * 8 * 3 + 11 * 4 * 4);
});
