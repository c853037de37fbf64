/** The tuned lens of a run: translators from every kept layer's states to the last's, fitted when all problems are there, and what the head says of them. */

import { permutation, seededRandom } from "../../../base/random.js";
import type { CodiModel } from "../../../model/latent/codi-model.js";
import type { BaselineRecord } from "../../read-context.js";
import { readGrid } from "../read.js";
import type { LayerLens } from "../record.js";
import { heldOutTranslation, type Translated } from "./translator.js";
import type { TunedLens } from "./tuned-file.js";

const FOLDS = 5;
const PENALTIES = [1e-3, 1e-2, 1e-1, 1, 10];
/** Problems; as for the probes. */
const FEWEST = 4 * FOLDS;
// Multiplications of all fits; two to three minutes on one core.
const MOST_WORK = 5e10;

/** One problem's states, decoded. */
interface Row {
  readonly id: string;
  readonly values: readonly (number | null)[];
  /** `[layer of stateLayers, position, width]`. */
  readonly states: Float32Array;
}

/**
 * Fits and reads the tuned lens of a run's baselines.
 *
 * @param baselines in any order; those without states are left out.
 * @param how `seed`: of folds and shuffled pairs; `signal`: gives up when it is aborted.
 * @throws the signal's reason where it was given up.
 */
export async function tunedLens(
  model: CodiModel,
  baselines: readonly BaselineRecord[],
  how: { readonly seed: number; readonly signal?: AbortSignal },
): Promise<TunedLens> {
  const read = [...baselines]
    .sort((a, b) => a.problem.index - b.problem.index)
    .flatMap(({ problem, layerLens }) => (layerLens === undefined ? [] : [{ problem, lens: layerLens }]));
  const shape = read[0]?.lens;
  const reason = shape === undefined ? "no problem has states" : reasonAgainst(read.length, shape);
  if (shape === undefined || reason !== null) return { schema: 1, kind: "undefined", reason: reason ?? "" };
  const rows = read.map(
    ({ problem, lens }): Row => ({
      id: problem.id,
      values: problem.steps ?? [],
      states: new Float32Array(Uint8Array.from(Buffer.from(lens.states, "base64")).buffer),
    }),
  );
  const layers = shape.stateLayers.slice(0, -1);
  const drawn = drawnFolds(rows.length, how.seed);
  const pairs = await translations(rows, shape, { ...drawn, ...how });
  if (pairs.some(({ tuned, shuffled }) => tuned === null || shuffled === null))
    return { schema: 1, kind: "undefined", reason: "the states of a layer do not differ between problems" };
  const of = (kind: "tuned" | "shuffled"): Translated[] => pairs.flatMap((pair) => pair[kind] ?? []);
  const [tuned, shuffled] = [of("tuned"), of("shuffled")];
  const problems = [];
  for (const [place, row] of rows.entries())
    problems.push({
      ...(await reading(model, row, { lens: shape, place, tuned, shuffled })),
      fold: drawn.foldOf[place] ?? 0,
      lender: rows[drawn.lender[place] ?? place]?.id ?? row.id,
    });
  return {
    schema: 1,
    kind: "value",
    positions: shape.positions,
    layers,
    last: shape.stateLayers.at(-1) ?? "",
    width: shape.width,
    folds: FOLDS,
    translators: layers.map((layer, l) => {
      const [own, control] = [tuned[l], shuffled[l]];
      return {
        layer,
        penalties: [...(own?.penalties ?? [])],
        explained: own?.explained ?? 0,
        shuffled: { penalties: [...(control?.penalties ?? [])], explained: control?.explained ?? 0 },
      };
    }),
    problems,
  };
}

/** Why there are no translators; null where there are. */
export function reasonAgainst(
  problems: number,
  { positions, stateLayers, width }: Pick<LayerLens, "positions" | "stateLayers" | "width">,
): string | null {
  if (problems < FEWEST) return `${problems} problems, at least ${FEWEST} are needed`;
  const seen = (problems - Math.ceil(problems / FOLDS)) * positions.length;
  if (seen <= width + 1)
    return `a translator's ${width + 1} numbers for each component are not identified by the ${seen} states (${problems} problems, less a fold, at ${positions.length} positions) it is fitted on; more problems are needed`;
  const fits = (FOLDS * (FOLDS - 1) * PENALTIES.length) / 2 + FOLDS;
  const work =
    2 * (stateLayers.length - 1) * fits * width * width * (2 * width + (problems / FOLDS) * positions.length);
  if (work > MOST_WORK)
    return `${(work / 1e9).toFixed(0)} billion multiplications for states of ${width} numbers, at most ${MOST_WORK / 1e9} billion are spent on it`;
  return null;
}

/** By problem: its fold, and who lends it its last states in the control. */
interface DrawnFolds {
  readonly foldOf: Int32Array;
  readonly lender: Int32Array;
}

function drawnFolds(problems: number, seed: number): DrawnFolds {
  const order = permutation(problems, seededRandom(seed));
  const foldOf = new Int32Array(problems);
  for (const [place, problem] of order.entries()) foldOf[problem] = place % FOLDS;
  // The next problem of the same fold lends its last states: nothing else of the procedure differs.
  const lender = new Int32Array(problems);
  for (let f = 0; f < FOLDS; f++) {
    const mine = order.filter((problem) => foldOf[problem] === f);
    for (const [i, problem] of mine.entries()) lender[problem] = mine[(i + 1) % mine.length] ?? problem;
  }
  return { foldOf, lender };
}

interface Translation {
  readonly tuned: Translated | null;
  readonly shuffled: Translated | null;
}

async function translations(
  rows: readonly Row[],
  { positions, stateLayers, width }: LayerLens,
  { foldOf, lender, signal }: DrawnFolds & { readonly signal?: AbortSignal },
): Promise<Translation[]> {
  const size = positions.length * width;
  const fold = Int32Array.from(
    { length: rows.length * positions.length },
    (_, at) => foldOf[Math.floor(at / positions.length)] ?? 0,
  );
  const statesOf = (layer: number, of: (place: number) => number): Float32Array => {
    const all = new Float32Array(rows.length * size);
    for (const place of rows.keys())
      all.set(rows[of(place)]?.states.subarray(layer * size, (layer + 1) * size) ?? [], place * size);
    return all;
  };
  const last = stateLayers.length - 1;
  const [to, other] = [statesOf(last, (place) => place), statesOf(last, (place) => lender[place] ?? place)];
  const all: Translation[] = [];
  for (let layer = 0; layer < last; layer++) {
    // A layer takes seconds; the wish to stop is heard in between.
    await new Promise((next) => setImmediate(next));
    signal?.throwIfAborted();
    const from = statesOf(layer, (place) => place);
    const common = { width, from, fold, folds: FOLDS, penalties: PENALTIES };
    all.push({ tuned: heldOutTranslation({ ...common, to }), shuffled: heldOutTranslation({ ...common, to: other }) });
  }
  return all;
}

type Reading = Extract<TunedLens, { kind: "value" }>["problems"][number];

async function reading(
  model: CodiModel,
  { id, values, states }: Row,
  {
    lens,
    place,
    tuned,
    shuffled,
  }: {
    readonly lens: LayerLens;
    readonly place: number;
    readonly tuned: readonly Translated[];
    readonly shuffled: readonly Translated[];
  },
): Promise<Reading> {
  const { positions, stateLayers, width } = lens;
  const size = positions.length * width;
  const layers = stateLayers.length - 1;
  const together = (of: (layer: number) => Float32Array | undefined): Float32Array => {
    const all = new Float32Array(layers * size);
    for (let layer = 0; layer < layers; layer++) all.set(of(layer) ?? [], layer * size);
    return all;
  };
  const reference = together(() => states.subarray(layers * size));
  const read = async (grid: Float32Array, numbers: readonly (number | null)[]) => {
    const { kl, steps } = await readGrid(model, {
      ...{ states: grid, layers, positions: positions.length, values: numbers, reference },
    });
    const kls = kl.map((row) => row.map((each) => rounded(each ?? 0)));
    const kept = steps.map(
      (step) => step && { ranks: step.ranks, logProbs: step.logProbs.map((row) => row.map(rounded)) },
    );
    return { kl: kls, steps: kept };
  };
  const translated = (some: readonly Translated[]): Float32Array =>
    together((layer) => some[layer]?.states.subarray(place * size, (place + 1) * size));
  const { kl } = await read(states.subarray(0, layers * size), []);
  return {
    id,
    logit: { kl },
    tuned: await read(translated(tuned), values),
    shuffled: await read(translated(shuffled), values),
  };
}

// Float32 logits give no more digits; KL is never negative but for rounding.
function rounded(value: number): number {
  return Number(value.toFixed(6)) + 0;
}
