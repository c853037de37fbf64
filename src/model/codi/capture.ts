/** Captured activations: chosen sites, all positions of the sequence stacked in order, as typed arrays. */

import { UsageError } from "../errors.js";
import type { AxesOf, ParsedSite, SiteName } from "../hooks/names.js";
import type { Observer } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import type { LlamaConfig } from "../llama/config.js";
import { tf } from "../tensor/tf.js";
import type { SequenceLayout } from "./layout.js";

/** One site's values over a whole run. `shape` follows `axes`; batch is 1. */
export interface Activation<S extends SiteName = SiteName> {
  readonly site: S;
  readonly axes: AxesOf<S>;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What one run captured. */
export class Captures {
  readonly #bySite: ReadonlyMap<string, Activation>;

  constructor(activations: readonly Activation[]) {
    this.#bySite = new Map(activations.map((activation) => [activation.site, activation]));
  }

  /** The captured sites, in order of computation. */
  get sites(): SiteName[] {
    return [...this.#bySite.values()].map(({ site }) => site);
  }

  /** Bytes held. */
  get bytes(): number {
    return [...this.#bySite.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  }

  /**
   * All positions of a site: residual sites `[1, position, dModel]`, patterns `[1, heads, query, key]` with zeros above the diagonal.
   *
   * @throws UsageError when the run did not capture the site.
   */
  get<S extends SiteName>(site: S): Activation<S> {
    const found = this.#bySite.get(site);
    if (found === undefined)
      throw new UsageError(
        `Site "${site}" was not captured in this run`,
        `add it to capture; captured: ${this.sites.join(", ") || "nothing"}`,
      );
    return found as unknown as Activation<S>;
  }
}

interface Chunk {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  readonly step: Step;
}

/** Collects one site's values step by step, for every row. */
export class SiteRecorder {
  readonly #chunks: Chunk[] = [];
  readonly observer: Observer;

  constructor(readonly site: ParsedSite) {
    this.observer = {
      site,
      wants: () => true,
      reduce: (x) => x,
      store: (values, shape, step) => this.#chunks.push({ values, shape, step }),
    };
  }

  /**
   * The site's values for one row, padding removed.
   *
   * @param parent the row it branched from: what came before the fork is the parent's.
   */
  assemble(row: number, layout: SequenceLayout, parent: number | null): Activation {
    const { site } = this;
    if (site.axes[2] === "query") return this.#assemblePattern(row, layout, parent);
    const tail = this.#chunks[0]?.shape.slice(2) ?? [];
    const size = tail.reduce((product, n) => product * n, 1);
    const cells = this.#cellsOf(row, parent);
    const data = new Float32Array(cells.length * size);
    for (const [place, { chunk, batchRow, column }] of cells.entries()) {
      const from = (batchRow * (chunk.shape[1] ?? 0) + column) * size;
      data.set(chunk.values.subarray(from, from + size), place * size);
    }
    return { site: site.name, axes: site.axes, shape: [1, cells.length, ...tail], data } as unknown as Activation;
  }

  #cellsOf(row: number, parent: number | null): { chunk: Chunk; batchRow: number; column: number }[] {
    const first = this.#chunks.findIndex(({ step }) => step.rowIds.includes(row));
    // A branch that joins after the site's last step has only its parent's values.
    const begins = first < 0 ? this.#chunks.length : first;
    return this.#chunks.flatMap((chunk, place) => {
      const source = place < begins && parent !== null ? parent : row;
      const batchRow = chunk.step.rowIds.indexOf(source);
      const cells = batchRow < 0 ? [] : (chunk.step.positions[batchRow] ?? []);
      return cells.flatMap((cell, column) => (cell === null ? [] : [{ chunk, batchRow, column }]));
    });
  }

  #assemblePattern(row: number, layout: SequenceLayout, parent: number | null): Activation {
    const heads = this.#chunks[0]?.shape[1] ?? 0;
    const cells = this.#cellsOf(row, parent);
    const data = new Float32Array(heads * cells.length * cells.length);
    for (const [query, { chunk, batchRow, column }] of cells.entries()) {
      const [, , columns = 0, keys = 0] = chunk.shape;
      const keyColumns = layout.positions
        .slice(0, query + 1)
        .map((position) => chunk.step.keyColumn(batchRow, position) ?? 0);
      for (let head = 0; head < heads; head++) {
        const from = ((batchRow * heads + head) * columns + column) * keys;
        const to = (head * cells.length + query) * cells.length;
        for (const [key, keyColumn] of keyColumns.entries()) data[to + key] = chunk.values[from + keyColumn] ?? 0;
      }
    }
    const { name, axes } = this.site;
    return { site: name, axes, shape: [1, heads, cells.length, cells.length], data } as unknown as Activation;
  }
}

/** Upper bound of what capturing costs, in bytes, for one sequence of `positions` positions. */
export function captureBytes(
  sites: readonly ParsedSite[],
  config: LlamaConfig,
  { positions, latents, prjDim }: { readonly positions: number; readonly latents: number; readonly prjDim: number },
): number {
  const sizes: Record<string, number> = {
    batch: 1,
    position: positions,
    query: positions,
    key: positions,
    latent: latents,
    dModel: config.dModel,
    heads: config.heads,
    kvHeads: config.kvHeads,
    dHead: config.dHead,
    dMlp: config.dMlp,
    vocab: config.vocabSize,
    prjDim,
  };
  const floats = sites.reduce(
    (sum, site) => sum + site.axes.reduce((product, axis) => product * (sizes[axis] ?? 1), 1),
    0,
  );
  return floats * 4;
}

/** Attention of each read position to the latents: `[heads, latents]` by position name. */
export type LatentAttention = ReadonlyMap<string, Float32Array>;

/** Keeps, at EOT and each answer token, the pattern's columns of the latents only. */
export class LatentAttentionRecorder {
  readonly observer: Observer;
  readonly #byRow = new Map<number, Map<string, Float32Array>>();

  /**
   * @param latents how many latents the layout has.
   * @param shift 1 under `seed`, whose slice begins one position late, so that its "token 5" is EOT's attention to itself.
   */
  constructor(
    readonly layer: number,
    site: ParsedSite,
    latents: number,
    shift: 0 | 1,
  ) {
    this.observer = {
      site,
      wants: (step) =>
        step.positions.some((cells) => cells.some((cell) => cell?.part === "eot" || cell?.part === "answer")),
      reduce: (pattern, step) => {
        const [rows = 0, heads = 0, columns = 0] = pattern.shape;
        const first = step.keyColumn(0, { part: "latent", index: 0 }) ?? 0;
        return tf.slice(pattern, [0, 0, columns - 1, first + shift], [rows, heads, 1, latents]);
      },
      store: (values, shape, step) => this.#store(values, shape, step),
    };
  }

  /** What one row's EOT and answer tokens paid to the latents. */
  of(row: number): LatentAttention {
    return this.#byRow.get(row) ?? new Map();
  }

  #store(values: Float32Array, shape: readonly number[], step: Step): void {
    const size = (shape[1] ?? 0) * (shape[3] ?? 0);
    for (const [batchRow, id] of step.rowIds.entries()) {
      const cell = step.positions[batchRow]?.at(-1);
      if (cell == null) continue;
      const byPosition = this.#byRow.get(id) ?? new Map<string, Float32Array>();
      byPosition.set(
        cell.part === "eot" ? "eot" : `answer.${cell.index}`,
        values.slice(batchRow * size, (batchRow + 1) * size),
      );
      this.#byRow.set(id, byPosition);
    }
  }
}
