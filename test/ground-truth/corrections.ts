/**
 * `node scripts/dev.mjs test/ground-truth/corrections.ts --run DIR`: does what Kramár et al. 2024 propose mend the predictions of the study
 * `attribution`? Reads the patched cells of the residual stream out of a finished run, and predicts them again: exactly through the block after
 * the cell (which has their correction of queries and keys in it, and more), and by gradients that leave out one block each (GradDrop).
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sampleCorrelation } from "simple-statistics";
import { stopWhereLost } from "../../scripts/setup/npm-options.mjs";
import { range } from "../../src/base/range.js";
import { CodiModel } from "../../src/index.js";
import { parseAddress } from "../../src/model/hooks/address.js";
import { patch } from "../../src/model/hooks/bound-operations.js";
import { parseIntervention } from "../../src/model/hooks/interventions.js";
import type { Captures } from "../../src/model/latent/readings/capture.js";
import { singlePlacesOf } from "../../src/studies/patching/grid.js";
import { gradientsOf, INPUT, type InputStep, stepsBefore, wayTo } from "../../src/studies/patching/input-path.js";
import { contrastOf, type Pair } from "../../src/studies/patching/pairs.js";
import { shapeOf } from "../../src/studies/patching/patch-maps.js";
import type { KeptPair, Patched } from "../../src/studies/patching/record.js";
import { firstOrderReader } from "../../src/studies/shared/first-order.js";

const NAME = "attribution: residual stream, patched";
const SITE = "hook_resid_post";
const STREAM = `blocks.*.${SITE}`;
const BYTES = 2 ** 31;
const TOP = 20;
const WHOLE = { head: 0, heads: 1 } as const;

const options = { run: { type: "string" } } as const;

interface Row {
  readonly question: string;
  readonly pair: KeptPair;
  readonly map: NonNullable<Patched["map"]>;
}

/** Effects of one cell: 0 none, 1 all the way to the other run. */
interface Cell {
  readonly key: string;
  readonly block: number;
  readonly patched: number;
  readonly predicted: Readonly<Record<string, number>>;
}

async function main(): Promise<void> {
  stopWhereLost("ground-truth", options);
  const { run } = parseArgs({ options }).values;
  if (run === undefined) throw new Error("--run: folder of an experiment with the study attribution");
  const model = await CodiModel.load("weights/tiny-codi");
  const pairs: Cell[][] = [];
  for (const row of rowsOf(run)) pairs.push(await cellsOf(model, row));
  // After the last block nothing follows, so the first correction has nothing to mend there.
  const inner = pairs.map((cells) => cells.filter(({ block }) => block + 1 < model.config.layers));
  console.log(`${pairs.length} pairs, ${inner.flat().length} cells of the residual stream before a block`);
  const say = (way: string, of: (x: number) => number, name = way): void =>
    console.log(
      `${name}: r ${pearson(inner.flat(), { way, of }).toFixed(3)}, ${overlap(inner, { way, of })} of the strongest ${TOP}`,
    );
  const signed = (x: number): number => x;
  for (const way of ["gradient", "gradient, next block exact", "integrated", "integrated, next block exact"])
    say(way, signed);
  say("gradient", Math.abs, "sizes by one gradient");
  say("dropped", Math.abs, "sizes by GradDrop");
}

function rowsOf(run: string): Row[] {
  return readFileSync(join(run, "records.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.includes(`"${NAME}"`))
    .flatMap((line) => {
      const { problem, pair, map } = JSON.parse(line) as Partial<Patched> & {
        readonly problem: { readonly question: string };
      };
      return pair?.status === "kept" && map != null ? [{ question: problem.question, pair, map }] : [];
    });
}

/** What the cells of a pair are predicted from. */
interface Known {
  readonly pair: Pair;
  readonly base: Captures;
  readonly slopes: Readonly<Record<"gradient" | "integrated", readonly Captures[]>>;
  readonly dropped: readonly Captures[];
}

async function knownOf(model: CodiModel, { question, pair: kept }: Row): Promise<Known> {
  const [clean, counterfactual] = await model.runBatch([question, kept.question], {
    capture: [INPUT, STREAM, "blocks.*.hook_attn_out", "blocks.*.hook_mlp_out"],
    captureBudgetBytes: BYTES,
  });
  if (clean === undefined || counterfactual === undefined) throw new Error("A pair was not run");
  const { given, numbers } = kept;
  const changed = kept.changed.map(({ position }) => position);
  const parts = clean.answer.ids.findIndex((id, i) => id !== counterfactual.answer.ids[i]);
  const pair: Pair = { kind: "kept", clean, counterfactual, given, changed, parts, numbers, unrelated: null };
  const [base] = await gradientsOf(model, [{ pair, interventions: [] }], { at: [INPUT, STREAM], budgetBytes: BYTES });
  if (base === undefined) throw new Error("A pair has no gradient");
  const steps = stepsBefore(wayTo(counterfactual.captures, base.captures, pair)).map(
    (interventions): InputStep => ({ pair, interventions }),
  );
  const way = await gradientsOf(model, steps, { at: [STREAM], budgetBytes: BYTES });
  return {
    pair,
    base: base.captures,
    slopes: { gradient: [base.gradients], integrated: [...way, base].map(({ gradients }) => gradients) },
    dropped: await droppedGradients(model, pair),
  };
}

async function cellsOf(model: CodiModel, row: Row): Promise<Cell[]> {
  const { pair, base, slopes, dropped } = await knownOf(model, row);
  const { clean, counterfactual } = pair;
  const places = new Map(singlePlacesOf(shapeOf(model, pair)));
  const cells = row.map.rows.flatMap((place, i) =>
    row.map.columns.map((column, j) => {
      const addresses = places.get(place) ?? [];
      const positions = addresses.flatMap((each) => clean.layout.indicesOf(parseAddress(each)));
      return { place, addresses, positions, block: Number(column), difference: row.map.differences[i]?.[j] ?? NaN };
    }),
  );
  // Held inputs: what a patch does by way of later latents' inputs is in the gradient behind the next block already.
  const conditions = cells.map(({ place, addresses, block }) => ({
    name: `${place}, ${block}`,
    interventions: [parseIntervention(`patch(other):blocks.${block}.${SITE}@${addresses.join(",")}!pin`)],
  }));
  const [runs = []] = await model.runConditions([clean.question], conditions, {
    sources: { other: [counterfactual] },
    contrasts: [contrastOf(pair, "clean")],
    knownAnswers: [clean.answer.ids],
    capture: [STREAM],
    captureBudgetBytes: 4 * BYTES,
  });
  const { clean: from, counterfactual: to } = row.pair.differences;
  const effect = (moved: number): number => moved / (to - from);
  return cells.map(({ place, positions, block, difference }, c): Cell => {
    const moved = (layer: number, to: Captures, slopes: readonly Captures[]) =>
      firstOrderReader(streamAfter(layer), { from: base, to, slopes });
    const plain = (by: readonly Captures[]): number =>
      effect(moved(block, counterfactual.captures, by)(positions, WHOLE).effect);
    const later = runs[c]?.captures;
    const exact = (by: readonly Captures[]): number =>
      later === undefined || block + 1 === model.config.layers
        ? NaN
        : effect(moved(block + 1, later, by)(inBoth(base, later), WHOLE).effect);
    return {
      key: `${place}|${block}`,
      block,
      patched: effect(difference - from),
      predicted: {
        gradient: plain(slopes.gradient),
        integrated: plain(slopes.integrated),
        "gradient, next block exact": exact(slopes.gradient),
        "integrated, next block exact": exact(slopes.integrated),
        // As the paper has it: sizes, over one block fewer than there are.
        dropped: dropped.reduce((sum, each) => sum + Math.abs(plain([each])), 0) / (dropped.length - 1),
      },
    };
  });
}

function streamAfter(block: number): `blocks.${number}.${typeof SITE}` {
  return `blocks.${block}.${SITE}`;
}

/** Places in the sequence that both runs have: an answer may be longer in one. */
function inBoth(one: Captures, other: Captures): number[] {
  const lengths = [one, other].map((run) => run.get(streamAfter(0)).shape[1] ?? 0);
  return range(Math.min(...lengths));
}

/** Gradients of runs in which one block each writes what it wrote, whatever it reads: nothing passes through it. */
async function droppedGradients(model: CodiModel, pair: Pair): Promise<Captures[]> {
  const steps = range(model.config.layers).map((block): InputStep => {
    const held = (["hook_attn_out", "hook_mlp_out"] as const).map((site) =>
      patch(`blocks.${block}.${site}`, "all", { run: pair.clean }),
    );
    return { pair, interventions: held };
  });
  const found = await gradientsOf(model, steps, { at: [STREAM], budgetBytes: BYTES });
  return found.map(({ gradients }) => gradients);
}

interface Shown {
  readonly way: string;
  readonly of: (effect: number) => number;
}

function pearson(cells: readonly Cell[], { way, of }: Shown): number {
  return sampleCorrelation(
    cells.map(({ patched }) => of(patched)),
    cells.map(({ predicted }) => of(predicted[way] ?? Number.NaN)),
  );
}

/** Of the strongest cells of the mean map, how many both have. */
function overlap(pairs: readonly (readonly Cell[])[], { way, of }: Shown): number {
  const sums = new Map<string, { n: number; patched: number; predicted: number }>();
  for (const { key, patched, predicted } of pairs.flat()) {
    const sum = sums.get(key) ?? { n: 0, patched: 0, predicted: 0 };
    sum.n++;
    sum.patched += of(patched);
    sum.predicted += of(predicted[way] ?? Number.NaN);
    sums.set(key, sum);
  }
  const strongest = (by: "patched" | "predicted"): string[] =>
    [...sums]
      .sort(([, a], [, b]) => Math.abs(b[by] / b.n) - Math.abs(a[by] / a.n))
      .slice(0, TOP)
      .map(([key]) => key);
  const predicted = new Set(strongest("predicted"));
  return strongest("patched").filter((key) => predicted.has(key)).length;
}

await main();
