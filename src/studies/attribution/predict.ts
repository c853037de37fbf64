/** Maps of a pair that gradients predict: (source − base) · ∂M/∂activation, M the logit difference of the two numbers. No cell is run. */

import { parseAddress } from "../../model/hooks/address.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Captures } from "../../model/latent/readings/capture.js";
import { INTEGRATED_STEPS } from "../patching/cost.js";
import { headRow, PATCH_SITES, type PairShape, type PatchMap, SITES, singlePlacesOf } from "../patching/grid.js";
import { gradientsOf, INPUT, type InputStep, stepsBefore, wayTo } from "../patching/input-path.js";
import { contrastOf, type Pair } from "../patching/pairs.js";
import { differenceOf, keptPair, type MapOutcome, type PatchedPair, shapeOf } from "../patching/patch-maps.js";
import type { KeptPair, Patched } from "../patching/record.js";
import { firstOrderReader } from "../shared/first-order.js";

const PATTERNS = "blocks.*.attn.hook_pattern";
// Activations and gradients that are held at once.
const BYTES = 2 ** 31;
// What is kept of a cell's step and of attention: enough to sort cells by.
const DIGITS = 3;
const FLOAT32_DIGITS = 8;

/** What the maps of a pair are made from. */
interface Predicting {
  readonly shape: PairShape;
  /** Name of a row → its positions, as places in the sequence. */
  readonly places: readonly (readonly [string, readonly number[]])[];
  readonly source: Captures;
  readonly base: Captures;
  /** Of each way: those that are averaged. */
  readonly gradients: Readonly<Record<NonNullable<PatchMap["by"]>, readonly Captures[]>>;
  /** By block, then by place in the sequence: the largest weight of its attention, mean over heads. */
  readonly peaks: readonly (readonly number[])[];
  readonly differences: KeptPair["differences"];
  /** The logit difference at each step of the way, the source's first. */
  readonly way: readonly number[];
}

/**
 * A pair takes one forward of the source, and one gradient of the base (a forward and a backward pass); for integrated gradients further
 * gradients, at inputs on the way from the source's to the base's. Those of all pairs are rows of common batches.
 *
 * @param maps what is asked for. @returns one entry a pair.
 */
export async function predictPairs(
  model: CodiModel,
  pairs: readonly Pair[],
  { maps }: { readonly maps: readonly PatchMap[] },
): Promise<PatchedPair[]> {
  if (maps.length === 0 || pairs.length === 0) return [];
  const most = pairsAtOnce(model, pairs);
  const found: PatchedPair[] = [];
  for (let first = 0; first < pairs.length; first += most)
    found.push(...(await predictSome(model, pairs.slice(first, first + most), { maps })));
  return found;
}

/** As many as have room for the activations and gradients of all their steps. */
function pairsAtOnce({ config }: CodiModel, pairs: readonly Pair[]): number {
  const { layers, dModel, heads, dHead } = config;
  const longest = pairs.reduce((most, { clean }) => Math.max(most, clean.layout.length), 0);
  const oneStep = 2 * 4 * layers * (3 * dModel + heads * dHead) * longest;
  return Math.max(1, Math.floor(BYTES / ((INTEGRATED_STEPS + 1) * oneStep)));
}

async function predictSome(
  model: CodiModel,
  pairs: readonly Pair[],
  { maps }: { readonly maps: readonly PatchMap[] },
): Promise<PatchedPair[]> {
  const sources = await model.runBatch(
    pairs.map(({ counterfactual }) => counterfactual.question),
    {
      maxNewTokens: pairs.reduce((most, { parts }) => Math.max(most, parts + 1), 1),
      knownAnswers: pairs.map(({ counterfactual }) => counterfactual.answer.ids),
      contrasts: pairs.map((pair) => contrastOf(pair, "counterfactual")),
      capture: [INPUT, ...PATCH_SITES],
      captureBudgetBytes: BYTES,
    },
  );
  const asSteps = pairs.map((pair): InputStep => ({ pair, interventions: [] }));
  const bases = await gradientsOf(model, asSteps, { at: [INPUT, PATTERNS, ...PATCH_SITES], budgetBytes: BYTES });
  const isIntegrated = maps.some(({ by }) => by === "integrated");
  const steps = pairs.flatMap((pair, i): InputStep[] => {
    const [source, base] = [sources[i], bases[i]];
    if (!isIntegrated || source === undefined || base === undefined) return [];
    return stepsBefore(wayTo(source.captures, base.captures, pair)).map((interventions) => ({ pair, interventions }));
  });
  const onWay = steps.length === 0 ? [] : await gradientsOf(model, steps, { at: PATCH_SITES, budgetBytes: BYTES });
  return pairs.map((pair, i): PatchedPair => {
    const [source, base] = [sources[i], bases[i]];
    if (source === undefined || base === undefined) throw new RangeError("A pair has no gradient");
    const way = onWay.filter((_, step) => steps[step]?.pair === pair);
    const shape = shapeOf(model, pair);
    const { layout } = pair.clean;
    const differences = { clean: base.value, counterfactual: differenceOf(source, "counterfactual") };
    const predicting: Predicting = {
      shape,
      places: singlePlacesOf(shape).map(([name, addresses]) => [
        name,
        addresses.flatMap((address) => layout.indicesOf(parseAddress(address))),
      ]),
      source: source.captures,
      base: base.captures,
      gradients: {
        gradient: [base.gradients],
        // The last step is the base itself.
        integrated: [...way, base].map(({ gradients }) => gradients),
      },
      peaks: peaksOf(base.captures, shape),
      differences,
      way: [differences.counterfactual, ...way.map(({ value }) => value), differences.clean],
    };
    return {
      pair: keptPair(model, pair, differences),
      maps: maps.map((map) => predictedMap(map, predicting)),
    };
  });
}

function predictedMap({ site, by = "gradient" }: PatchMap, predicting: Predicting): MapOutcome {
  if (site === "all") throw new RangeError("All sites at once are not predicted");
  const { shape, places, differences, gradients } = predicting;
  const heads = site === "head" ? shape.heads : 1;
  const rows = places.flatMap(([place]) =>
    site === "head" ? Array.from({ length: heads }, (_, head) => headRow(head, place)) : [place],
  );
  const blocks = Array.from({ length: shape.depth }, (_, block) => block);
  const empty = <T>(): T[][] => rows.map(() => []);
  const map = {
    rows,
    columns: blocks.map(String),
    differences: empty<number>(),
    // No cell is run, so none has an answer.
    numbers: empty<null>(),
    unrelated: null,
    steps: empty<number | null>(),
    peaks: empty<number | null>(),
  };
  for (const block of blocks) {
    const name = `blocks.${block}.${SITES[site]}`;
    const read = firstOrderReader(name, { from: predicting.base, to: predicting.source, slopes: gradients[by] });
    for (const [i, [, positions]] of places.entries())
      for (let head = 0; head < heads; head++) {
        const row = i * heads + head;
        const { effect, step } = read(positions, { head, heads });
        const difference = differences.clean + effect;
        if (!Number.isFinite(difference))
          return {
            error: {
              name: "NumericError",
              message: `attribution ${rows[row]}, block ${block}: the gradient is not finite`,
            },
          };
        map.differences[row]?.push(Number(difference.toPrecision(FLOAT32_DIGITS)));
        map.steps[row]?.push(step === null ? null : rounded(step));
        map.peaks[row]?.push(peakOf(predicting.peaks[block + 1], positions));
      }
  }
  if (by === "gradient") return { map };
  // Steps and peaks are the same for every way, and the way for every site.
  const { steps: _, peaks: __, ...rest } = map;
  const way = site === "resid" ? { way: [...predicting.way] } : {};
  return { map: { ...rest, ...way } satisfies Patched["map"] };
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

function peaksOf(base: Captures, { depth }: PairShape): number[][] {
  return Array.from({ length: depth }, (_, block) => {
    const { data, shape } = base.get(`blocks.${block}.attn.hook_pattern`);
    const [, heads = 1, queries = 1, keys = 1] = shape;
    return Array.from({ length: queries }, (_, query) => {
      let sum = 0;
      for (let head = 0; head < heads; head++) {
        const first = (head * queries + query) * keys;
        sum += data.subarray(first, first + keys).reduce((most, weight) => Math.max(most, weight), 0);
      }
      return sum / heads;
    });
  });
}

/** Null after the last block. */
function peakOf(block: readonly number[] | undefined, positions: readonly number[]): number | null {
  if (block === undefined) return null;
  return rounded(positions.reduce((sum, position) => sum + (block[position] ?? 0), 0) / positions.length);
}
