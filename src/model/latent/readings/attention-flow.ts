/**
 * More than weights: how large what a head reads at each latent is once it is written (Kobayashi et al. 2020, "Attention is not only a
 * weight"), and how weights pass from block to block (Abnar and Zuidema 2020, "Quantifying attention flow", rollout).
 */

import type { DecoderConfig } from "../../decoder/config.js";
import type { Decoder } from "../../decoder/decoder.js";
import { blockSite, parseSite } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import { positionName } from "../../hooks/step.js";
import { batchMatMul, gather, mean, reshape, transpose } from "../../tensor/ops.js";
import type { Tensor, Tensor3D, tf } from "../../tensor/tf.js";
import type { SequenceLayout } from "../layout.js";
import { CleanCellRecorder } from "./cell-recorder.js";
import type { Reading, Recorder } from "./reading.js";

/** Of one clean run. */
export interface AttentionFlow {
  /**
   * By layer asked for and latent: inner products `[heads, heads]` of what the heads write for a weight of 1, which is the latent's value
   * through the head's output matrix. The root of the diagonal is the norm of each.
   */
  readonly written: ReadonlyMap<number, readonly Float32Array[]>;
  /** By layer asked for, and the last one: rollout from EOT, through this and all earlier blocks, to each latent's input. */
  readonly rollout: ReadonlyMap<number, Float32Array>;
}

/** The model, and what is to be kept. */
interface FlowOptions {
  readonly decoder: Decoder;
  /** Layers asked for. */
  readonly layers: readonly number[];
  readonly latents: number;
  readonly cleanRows: ReadonlySet<number>;
}

/** What values weigh at some layers, and rollout through them; of rows without interventions. */
export function attentionFlow(layers: readonly number[]): Reading<AttentionFlow> {
  return {
    name: "attention-flow",
    start: ({ decoder, latents, cleanRows }) => new FlowRecorder({ decoder, layers, latents, cleanRows }),
  };
}

/** Records values at the latents, and head-mean patterns of all blocks and positions up to EOT, of the clean rows. */
class FlowRecorder implements Recorder<AttentionFlow> {
  readonly #options: FlowOptions;
  readonly #written: ReadonlyMap<number, CleanCellRecorder>;
  readonly #patterns: readonly CleanCellRecorder[];

  constructor(options: FlowOptions) {
    this.#options = options;
    const { decoder, layers, cleanRows } = options;
    const { config } = decoder;
    this.#written = new Map(
      layers.map((layer) => {
        const site = parseSite(blockSite(layer, "attn.hook_v"), config.layers);
        // Freed with all else that passes in the step.
        const reduce = (v: Tensor): Tensor => writtenProducts(v as Tensor3D, decoder.attentionOutput(layer), config);
        return [layer, new CleanCellRecorder(site, { cleanRows, keep: ({ part }) => part === "latent", reduce })];
      }),
    );
    this.#patterns = Array.from({ length: config.layers }, (_, layer) => {
      const site = parseSite(blockSite(layer, "attn.hook_pattern"), config.layers);
      // [batch, heads, query, key] → [batch, query, key]
      const arrange = (x: Tensor): Tensor =>
        reshape(mean(x, 1), [x.shape[0] ?? 0, x.shape[2] ?? 0, x.shape[3] ?? 0] as [number, number, number]);
      return new CleanCellRecorder(site, { cleanRows, keep: ({ part }) => part !== "answer", arrange });
    });
  }

  get observers(): Observer[] {
    return [...this.#written.values(), ...this.#patterns].map(({ observer }) => observer);
  }

  /** @returns null for a row that is not clean. */
  of(row: number, layout: SequenceLayout): AttentionFlow | null {
    if (this.#patterns[0]?.of(row).size === 0) return null;
    const { latents, layers, decoder } = this.#options;
    const written = new Map(
      [...this.#written].map(([layer, recorder]) => [
        layer,
        Array.from({ length: latents }, (_, k) => recorder.of(row).get(`latent.${k}`)?.values ?? new Float32Array()),
      ]),
    );
    const patterns = this.#patterns.map((recorder) => squarePattern(recorder, row, layout));
    const through = [...new Set([...layers, decoder.config.layers - 1])].sort((a, b) => a - b);
    const first = layout.positions.findIndex(({ part }) => part === "latent");
    const rollout = new Map(
      through.map((layer) => [
        layer,
        Float32Array.from(rolloutRow(patterns.slice(0, layer + 1)).subarray(first, first + latents)),
      ]),
    );
    return { written, rollout };
  }
}

/**
 * Inner products of what each pair of heads writes for a weight of 1.
 *
 * @param v values `[cells, kvHeads, dHead]`. @param output `[dModel, heads * dHead]`. @returns `[cells, heads, heads]`.
 */
function writtenProducts(v: Tensor3D, output: Tensor, { heads, kvHeads, dHead, dModel }: DecoderConfig): Tensor {
  const kvOfHead = Array.from({ length: heads }, (_, head) => Math.floor((head * kvHeads) / heads));
  const values = transpose(gather(v, kvOfHead, 1), [1, 0, 2]); // [heads, cells, dHead]
  const byHead = transpose(reshape<tf.Rank.R3>(output, [dModel, heads, dHead]), [1, 2, 0]); // [heads, dHead, dModel]
  const written = transpose(batchMatMul(values, byHead), [1, 0, 2]); // [cells, heads, dModel]
  return batchMatMul(written, written, true);
}

/** One block's head-mean weights between all positions up to the last EOT, `[query][key]`. */
function squarePattern(recorder: CleanCellRecorder, row: number, layout: SequenceLayout): Float64Array[] {
  const positions = layout.positions.filter(({ part }) => part !== "answer");
  const cells = recorder.of(row);
  return positions.map((position, query) => {
    const weights = new Float64Array(positions.length);
    const cell = cells.get(positionName(position));
    if (cell === undefined) throw new RangeError(`No pattern at ${positionName(position)}`);
    for (let key = 0; key <= query; key++) {
      const at = positions[key];
      const column = at === undefined ? null : cell.step.keyColumn(cell.batchRow, at);
      if (column !== null) weights[key] = cell.values[column] ?? 0;
    }
    return weights;
  });
}

/**
 * The last position's row of the product of (A + I) / 2 over blocks, the residual stream counted as half.
 *
 * @param patterns by block, `[query][key]`, rows summing to 1. @returns a share for each position's input; they sum to 1.
 */
export function rolloutRow(patterns: readonly (readonly Float64Array[])[]): Float64Array {
  const size = patterns[0]?.length ?? 0;
  let shares = new Float64Array(size);
  shares[size - 1] = 1;
  for (const pattern of [...patterns].reverse()) {
    const below = shares.map((share) => share / 2);
    for (const [query, weights] of pattern.entries()) {
      const share = shares[query] ?? 0;
      if (share === 0) continue;
      for (const [key, weight] of weights.entries()) below[key] = (below[key] ?? 0) + (share * weight) / 2;
    }
    shares = below;
  }
  return shares;
}
