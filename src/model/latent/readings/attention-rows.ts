/** What BOT, the latents and EOT of a clean run pay attention to: the whole row of the pattern, keys by name. */

import { blockSite, type ParsedSite, parseSite } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import { positionName } from "../../hooks/step.js";
import { type Tensor4D, tf } from "../../tensor/tf.js";
import type { SequenceLayout } from "../layout.js";
import { type CleanCell, CleanCellRecorder } from "./cell-recorder.js";
import type { Reading } from "./reading.js";

/** One layer: `values[(reader * heads + head) * keys + key]`, 0 where the key comes after the reader. */
export interface AttentionRows {
  /** `bot`, `latent.0` …, `eot`; no `bot` under the original study's protocol. */
  readonly readers: readonly string[];
  /** `question.0` …, `bot`, `latent.0` …; what comes later is no key of any reader. */
  readonly keys: readonly string[];
  readonly heads: number;
  readonly values: Float32Array;
}

/** What BOT, the latents and EOT attend to at some layers, by layer; empty for rows with interventions. */
export function attentionRows(layers: readonly number[]): Reading<ReadonlyMap<number, AttentionRows>> {
  return {
    name: "attention-rows",
    start: ({ decoder, cleanRows }) => {
      const { config } = decoder;
      const recorders = layers.map((layer) => {
        const site = parseSite(blockSite(layer, "attn.hook_pattern"), config.layers);
        return new AttentionRowsRecorder(layer, site, { heads: config.heads, cleanRows });
      });
      return {
        observers: recorders.map(({ observer }) => observer),
        of: (row, layout) =>
          new Map(
            recorders.flatMap((recorder) => {
              const read = recorder.of(row, layout);
              return read === null ? [] : [[recorder.layer, read] as const];
            }),
          ),
      };
    },
  };
}

/** Keeps the pattern's rows of BOT, latents and EOT, of the clean rows only. */
class AttentionRowsRecorder {
  readonly observer: Observer;
  readonly #cells: CleanCellRecorder;
  readonly heads: number;

  /** @param heads of the pattern. */
  constructor(
    readonly layer: number,
    site: ParsedSite,
    { heads, cleanRows }: { readonly heads: number; readonly cleanRows: ReadonlySet<number> },
  ) {
    this.heads = heads;
    this.#cells = new CleanCellRecorder(site, {
      cleanRows,
      keep: ({ part }) => part === "bot" || part === "latent" || part === "eot",
      // `[batch, heads, query, key]`, read query by query.
      arrange: (pattern) => tf.transpose(pattern as Tensor4D, [0, 2, 1, 3]),
    });
    this.observer = this.#cells.observer;
  }

  /** @returns null for a row that is not clean. */
  of(row: number, layout: SequenceLayout): AttentionRows | null {
    const read = new Map<string, CleanCell>();
    // With EOS after EOT the answer is predicted from the last of the two.
    for (const cell of this.#cells.of(row).values())
      read.set(cell.position.part === "eot" ? "eot" : positionName(cell.position), cell);
    if (read.size === 0) return null;
    const { heads } = this;
    const keys = layout.positions.filter(({ part }) => part !== "eot" && part !== "answer");
    const values = new Float32Array(read.size * heads * keys.length);
    for (const [reader, cell] of [...read.values()].entries()) {
      const width = cell.values.length / heads;
      for (const [key, position] of keys.entries()) {
        const keyColumn = cell.step.keyColumn(cell.batchRow, position);
        if (keyColumn === null || keyColumn >= width) continue;
        for (let head = 0; head < heads; head++)
          values[(reader * heads + head) * keys.length + key] = cell.values[head * width + keyColumn] ?? 0;
      }
    }
    return { readers: [...read.keys()], keys: keys.map(positionName), heads, values };
  }
}
