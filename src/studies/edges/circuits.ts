/** Runs of circuits: over every edge outside the circuit, a target reads what the source wrote in the counterfactual's run. */

import { range } from "../../base/range.js";
import type { AddressLike } from "../../model/hooks/address.js";
import { type Hook, type HookInfo, hook } from "../../model/hooks/hook.js";
import type { SiteName } from "../../model/hooks/names.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { tf as Ops, Tensor } from "../../model/tensor/tf.js";
import { gradientsOf } from "../patching/input-path.js";
import type { ScoredPair } from "./scores.js";

/** By number of the edge: 1 where the circuit has it. */
export type Circuit = Uint8Array;

const EVERYWHERE: AddressLike = "all";

/** A pair, and circuits of it. */
interface Asked {
  readonly scored: ScoredPair;
  readonly circuits: readonly Circuit[];
}

// What circuits of one batch hold of what was written.
const BYTES = 2 ** 28;
// Of a large model as many take more, and each forward reads all its weights.
const FEWEST = 3;
// Sources that are held in one tensor. Each that is added copies those before it.
const TOGETHER = 128;

/** @returns the share of the question's logit difference that each circuit keeps: 1 all of it, 0 what the counterfactual has. */
export async function faithfulnessOf(model: CodiModel, { scored, circuits }: Asked): Promise<number[]> {
  const { clean, counterfactual } = scored.differences;
  const found: number[] = [];
  const most = circuitsAtOnce(scored);
  for (let first = 0; first < circuits.length; first += most)
    found.push(...(await differencesOf(model, { scored, circuits: circuits.slice(first, first + most) })));
  return found.map((difference) => (difference - counterfactual) / (clean - counterfactual));
}

function circuitsAtOnce({ other: { width, sources } }: ScoredPair): number {
  return Math.max(FEWEST, Math.floor(BYTES / (2 * 4 * (sources[0]?.length ?? width) * sources.length)));
}

/** The logit differences that circuits give, as rows of one batch. */
async function differencesOf(model: CodiModel, { scored, circuits }: Asked): Promise<number[]> {
  const { pair } = scored;
  // A plan, which knows the study too, needs no engine.
  const { tf } = await import("../../model/tensor/tf.js");
  const edited = new CutEdges(model, { tf, scored, circuits });
  try {
    const step = { pair, interventions: edited.hooks };
    const runs = await gradientsOf(
      model,
      circuits.map(() => step),
      // Nothing follows the logits, so nothing is kept for a way back.
      { at: ["hook_logits"], budgetBytes: Number.MAX_SAFE_INTEGER },
    );
    return runs.map(({ value }) => value);
  } finally {
    edited.dispose();
  }
}

/** What has been written so far in a forward, and what was added to the stream for the target that reads it now. */
interface Forward {
  /** `[rows, columns, sources, d]` each, one source after the other: the counterfactual's values less this run's. */
  readonly differences: Tensor[];
  /** `[rows, columns, d]`. */
  added: Tensor | null;
}

/** The stream is changed before each target and changed back behind it, so that each reads what its own edges say. */
class CutEdges {
  readonly #forward: Forward = { differences: [], added: null };
  readonly #other: Tensor;
  readonly tf: typeof Ops;
  readonly scored: ScoredPair;
  readonly circuits: readonly Circuit[];
  readonly #placeOf: readonly number[];
  readonly #positionOf: ReadonlyMap<string, number>;

  /** What has to be done at which site. */
  readonly hooks: readonly Hook[];

  constructor(
    { config }: CodiModel,
    {
      tf,
      scored,
      circuits,
    }: { readonly tf: typeof Ops; readonly scored: ScoredPair; readonly circuits: readonly Circuit[] },
  ) {
    this.tf = tf;
    this.scored = scored;
    this.circuits = circuits;
    const { places, pair, other } = scored;
    const placeOf: number[] = [];
    for (const [place, { positions }] of places.entries()) for (const position of positions) placeOf[position] = place;
    this.#placeOf = placeOf;
    this.#positionOf = new Map(pair.clean.layout.names.map((name, position) => [name, position]));
    // `[positions, sources, d]`.
    this.#other = tf.tidy(() =>
      tf.keep(
        tf.stack(
          other.sources.map((values) => tf.tensor2d(values, [placeOf.length, other.width])),
          1,
        ),
      ),
    );
    const { layers, heads } = config;
    const before = (block: number): number => 1 + block * (heads + 1);
    this.hooks = [
      this.#hookAt("hook_embed", (x, info) => this.#begin(x, info)),
      ...range(layers).flatMap((block) => [
        this.#hookAt(`blocks.${block}.hook_resid_pre`, (x, info) => this.#read(x, { info, target: 2 * block })),
        this.#hookAt(`blocks.${block}.attn.hook_result`, (x, info) => this.#wrote(x, { info, first: before(block) })),
        this.#hookAt(`blocks.${block}.hook_resid_mid`, (x, info) => this.#read(x, { info, target: 2 * block + 1 })),
        this.#hookAt(`blocks.${block}.hook_mlp_out`, (x, info) =>
          this.#wrote(x, { info, first: before(block) + heads }),
        ),
      ]),
      this.#hookAt(`blocks.${layers - 1}.hook_resid_post`, (x, info) => this.#read(x, { info, target: 2 * layers })),
    ];
  }

  dispose(): void {
    this.#other.dispose();
    this.#end();
  }

  #hookAt(site: string, apply: (x: Tensor, info: HookInfo) => Tensor | undefined): Hook {
    return hook(site as SiteName, EVERYWHERE, apply as Parameters<typeof hook>[2], { id: "circuit" });
  }

  #begin(x: Tensor, info: HookInfo): undefined {
    this.#end();
    this.#wrote(x, { info, first: 0 });
  }

  #end(): void {
    for (const held of this.#forward.differences.splice(0)) held.dispose();
    this.#forward.added?.dispose();
    this.#forward.added = null;
  }

  /** Keeps what one or several neighbouring sources wrote. @param x `[rows, columns, d]`, or with an axis of sources before the last. */
  #wrote(x: Tensor, { info, first }: { readonly info: HookInfo; readonly first: number }): undefined {
    const [rows = 0, columns = 0] = x.shape;
    const { width } = this.scored.other;
    const sources = x.size / (rows * columns * width);
    const { differences } = this.#forward;
    const last = differences.at(-1);
    const known = last !== undefined && sourcesOf(last) + sources <= TOGETHER ? last : null;
    const joined = this.tf.tidy(() => {
      const own = this.tf.reshape(x, [rows, columns, sources, width]);
      const other = this.tf.slice(this.#other, [this.#positionAt(info, 0), first, 0], [columns, sources, width]);
      const now = this.tf.sub(this.tf.expandDims(other, 0), own);
      return this.tf.keep(known === null ? now : this.tf.concat([known, now], 2));
    });
    if (known !== null) differences.pop()?.dispose();
    differences.push(joined);
    return undefined;
  }

  /** Takes back what was added for the target before, and adds what is cut off from this one. */
  #read(x: Tensor, { info, target }: { readonly info: HookInfo; readonly target: number }): Tensor {
    const { differences, added } = this.#forward;
    if (differences.length === 0) throw new RangeError("A target reads before anything was written");
    const [rows = 0, columns = 0, width = 0] = x.shape;
    const cells = rows * columns;
    const sizes = differences.map(sourcesOf);
    const cut = this.#cut(info, { target, columns });
    const change = this.tf.tidy(() => {
      const all = this.tf.tensor3d(cut, [cells, 1, cut.length / cells]);
      const parts = sizes.length === 1 ? [all] : this.tf.split(all, sizes, 2);
      const sums = differences.map((held, i) =>
        this.tf.matMul(parts[i] as Tensor, this.tf.reshape(held, [cells, sizes[i] ?? 0, width])),
      );
      return this.tf.keep(
        this.tf.reshape(sums.length === 1 ? (sums[0] as Tensor) : this.tf.addN(sums), [rows, columns, width]),
      );
    });
    this.#forward.added = change;
    const read = this.tf.tidy(() => this.tf.add(added === null ? x : this.tf.sub(x, added), change));
    added?.dispose();
    return read;
  }

  /** `[rows, columns, sources]`: 1 where the edge is not the circuit's. */
  #cut(
    { positions, questions }: HookInfo,
    { target, columns }: { readonly target: number; readonly columns: number },
  ): Float32Array {
    const { edges } = this.scored;
    const sources = edges.before[target] ?? 0;
    const cut = new Float32Array(questions.length * columns * sources);
    const places = positions.slice(0, columns).map((name) => this.#placeOf[this.#positionOf.get(name) ?? -1] ?? 0);
    let at = 0;
    for (const question of questions) {
      const circuit = this.circuits[question];
      for (const place of places)
        for (let source = 0; source < sources; source++)
          cut[at++] = circuit?.[edges.at({ target, source, place })] === 1 ? 0 : 1;
    }
    return cut;
  }

  #positionAt({ positions }: HookInfo, column: number): number {
    const name = positions[column] ?? "";
    const position = this.#positionOf.get(name);
    if (position === undefined) throw new RangeError(`A circuit's run has no position ${name}`);
    return position;
  }
}

function sourcesOf({ shape }: Tensor): number {
  return shape[2] ?? 0;
}
