/** What EOT and each answer token pay to the latents. */

import { blockSite, type ParsedSite, parseSite } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import type { Step } from "../../hooks/step.js";
import { tf } from "../../tensor/tf.js";
import type { SequenceLayout } from "../layout.js";
import type { Reading } from "./reading.js";

/** Attention of each read position to the latents: `[heads, latents]` by position name. */
export type LatentAttention = ReadonlyMap<string, Float32Array>;

/** Attention from EOT and each answer token to the latents at some layers, by layer. */
export function latentAttention(layers: readonly number[]): Reading<ReadonlyMap<number, LatentAttention>> {
  return {
    name: "latent-attention",
    start: ({ decoder, latents, attentionShift }) => {
      const recorders = layers.map((layer) => {
        const site = parseSite(blockSite(layer, "attn.hook_pattern"), decoder.config.layers);
        return new LatentAttentionRecorder(layer, site, { latents, shift: attentionShift });
      });
      return {
        observers: recorders.map(({ observer }) => observer),
        of: (row, layout) => new Map(recorders.map((recorder) => [recorder.layer, recorder.of(row, layout)])),
      };
    },
  };
}

/** Keeps, at EOT and each answer token, the pattern's columns of the latents only. */
class LatentAttentionRecorder {
  readonly observer: Observer;
  readonly #byRow = new Map<number, Map<string, Float32Array>>();

  /**
   * @param latents how many latents the layout has.
   * @param shift how many columns after the first latent the slice begins, by the protocol.
   */
  constructor(
    readonly layer: number,
    site: ParsedSite,
    { latents, shift }: { readonly latents: number; readonly shift: 0 | 1 },
  ) {
    this.observer = {
      site,
      wants: (step) =>
        step.positions.some((cells) => cells.some((cell) => cell?.part === "eot" || cell?.part === "answer")),
      reduce: (pattern, step) => {
        const [rows = 0, heads = 0, columns = 0] = pattern.shape;
        const first = step.keyColumn(0, { part: "latent", index: 0 }) ?? 0;
        return tf.slice(pattern, [0, 0, 0, first + shift], [rows, heads, columns, latents]);
      },
      store: (values, shape, step) => this.#store(values, shape, step),
    };
  }

  /** What one row's EOT and answer tokens paid to the latents. */
  of(row: number, { parts }: SequenceLayout): LatentAttention {
    const all = this.#byRow.get(row) ?? new Map<string, Float32Array>();
    return new Map([...all].filter(([name]) => name === "eot" || Number(name.slice("answer.".length)) < parts.answer));
  }

  #store(values: Float32Array, shape: readonly number[], step: Step): void {
    const [, heads = 0, columns = 0, latents = 0] = shape;
    for (const [batchRow, members] of step.members.entries()) {
      for (const [column, cell] of (step.positions[batchRow] ?? []).entries()) {
        // With EOS after EOT the answer is predicted from the last of the two.
        if (cell === null || (cell.part !== "eot" && cell.part !== "answer")) continue;
        const read = new Float32Array(heads * latents);
        for (let head = 0; head < heads; head++) {
          const from = ((batchRow * heads + head) * columns + column) * latents;
          read.set(values.subarray(from, from + latents), head * latents);
        }
        const name = cell.part === "eot" ? "eot" : `answer.${cell.index}`;
        for (const id of members) {
          const byPosition = this.#byRow.get(id) ?? new Map<string, Float32Array>();
          byPosition.set(name, read);
          this.#byRow.set(id, byPosition);
        }
      }
    }
  }
}
