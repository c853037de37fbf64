/** Captured activations: chosen sites, all positions of the sequence stacked in order, as typed arrays. */

import { UsageError } from "../../../base/errors.js";
import { printsAs } from "../../../base/printing.js";
import type { DecoderConfig } from "../../decoder/config.js";
import type { AxesOf, ParsedSite, SiteName } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import { knownOptions } from "../../hooks/option-names.js";
import type { Step } from "../../hooks/step.js";
import type { LabelledTensor } from "../labelled/labelled-tensor.js";
import type { ReadAddress, ReadAxes, ReadSite } from "../labelled/read-axes.js";
import { type CapturedRun, readCaptures } from "../labelled/read-captures.js";
import type { SequenceLayout } from "../layout.js";
import { type CapturedSites, capturesLine, capturesText } from "../printing/captures.js";
import type { SparseAutoencoder } from "../sae/sparse-autoencoder.js";

/** One site's values over a whole run. `shape` follows `axes`; batch is 1. */
export interface Activation<S extends SiteName = SiteName> {
  readonly site: S;
  readonly axes: AxesOf<S>;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What else is read of captures. */
export interface CaptureReadOptions<Keys extends ReadAddress = ReadAddress> {
  /** Of a pattern: which keys, such as `at.latent()`; one key takes the axis of keys away. Default: all of them. */
  readonly keys?: Keys;
}

/**
 * What one run captured.
 * @example
 * ```ts
 * const { captures } = await model.run(question, { capture: ["blocks.*.hook_resid_post"] });
 * captures.sites.length; // → 16
 * ```
 */
export class Captures {
  readonly #bySite: ReadonlyMap<string, Activation>;
  readonly #run: Pick<CapturedRun, "layout" | "numberToken">;

  /** @param run what its positions are called, and which of the answer's tokens begins the number. */
  constructor(activations: readonly Activation[], run: Pick<CapturedRun, "layout" | "numberToken">) {
    this.#run = run;
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
   * @example
   * ```ts
   * const { captures } = await model.run(question, { capture: ["latents.hook_input"] });
   * captures.get("latents.hook_input").shape; // → [ 1, 6, 64 ]
   * ```
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

  /**
   * Values of a site at an address, with names. One position such as `at.latent(2)` gives `["dModel"]` of a residual site, several such as
   * `at.latent()` give `["position", "dModel"]`; a pattern gives `["heads", "key"]` or `["heads", "query", "key"]`. A site of every
   * captured layer (`blocks.*.hook_resid_post`) has `layer` in front.
   *
   * @param address or its text; `at.beforeNumber` is the position that predicts the answer's number.
   * @throws UsageError where the site was not captured, or the address is not in this run.
   * @example
   * ```ts
   * const { captures } = await model.run(question, { capture: ["blocks.*.attn.hook_pattern"] });
   * const toLatents = captures.at("blocks.*.attn.hook_pattern", at.beforeNumber, { keys: at.latent() });
   * toLatents.axes; // → [ 'layer', 'heads', 'key' ]
   * toLatents.shape; // → [ 16, 4, 6 ]
   * ```
   */
  at<const Site extends ReadSite, const At extends ReadAddress, const Keys extends ReadAddress = "all">(
    site: Site,
    address: At,
    given: CaptureReadOptions<Keys> = {},
  ): LabelledTensor<ReadAxes<Site, At, Keys>> {
    knownOptions(given, { of: "at", names: ["keys"] });
    const { keys } = given;
    const run = { ...this.#run, sites: this.sites, get: (each: SiteName) => this.get(each) };
    return readCaptures(run, { site, address, keys }) as unknown as LabelledTensor<ReadAxes<Site, At, Keys>>;
  }
}

printsAs(Captures.prototype, {
  whole: (captures) => capturesText(described(captures)),
  line: (captures) => `Captures of ${capturesLine(described(captures))}`,
});

function described(captures: Captures): CapturedSites {
  return { bytes: captures.bytes, activations: captures.sites.map((site) => captures.get(site)) };
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

  /** @param sae whose features the site has, where it has such. */
  constructor(
    readonly site: ParsedSite,
    readonly sae?: SparseAutoencoder,
  ) {
    this.observer = {
      site,
      view: sae,
      wants: () => true,
      reduce: (x) => x,
      store: (values, shape, step) => this.#chunks.push({ values, shape, step }),
    };
  }

  /** The site's values for one row: a value a position of its sequence, padding and tokens that were only tried removed. */
  assemble(row: number, layout: SequenceLayout): Activation {
    const { site } = this;
    if (site.axes[2] === "query") return this.#assemblePattern(row, layout);
    const tail = this.#chunks[0]?.shape.slice(2) ?? [];
    const size = tail.reduce((product, n) => product * n, 1);
    const cells = this.#cellsOf(row, layout);
    const data = new Float32Array(cells.length * size);
    for (const [place, { chunk, batchRow, column }] of cells.entries()) {
      const from = (batchRow * (chunk.shape[1] ?? 0) + column) * size;
      data.set(chunk.values.subarray(from, from + size), place * size);
    }
    return { site: site.name, axes: site.axes, shape: [1, cells.length, ...tail], data } as unknown as Activation;
  }

  #cellsOf(row: number, layout: SequenceLayout): Cell[] {
    const byPlace = new Map<number, Cell>();
    for (const chunk of this.#chunks) {
      const batchRow = chunk.step.placeOf(row);
      if (batchRow === null) continue;
      for (const [column, cell] of (chunk.step.positions[batchRow] ?? []).entries()) {
        const place = cell === null ? null : layout.find(cell);
        // A token that was rejected is fed again later, and then stays.
        if (place !== null) byPlace.set(place, { chunk, batchRow, column });
      }
    }
    return [...byPlace.entries()].sort(([a], [b]) => a - b).map(([, cell]) => cell);
  }

  #assemblePattern(row: number, layout: SequenceLayout): Activation {
    const heads = this.#chunks[0]?.shape[1] ?? 0;
    const cells = this.#cellsOf(row, layout);
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

/** Where a position's values lie. */
interface Cell {
  readonly chunk: Chunk;
  readonly batchRow: number;
  readonly column: number;
}

/** Upper bound of what capturing costs, in bytes, for one sequence of `positions` positions. */
export function captureBytes(
  sites: readonly Pick<SiteRecorder, "site" | "sae">[],
  config: DecoderConfig,
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
    (sum, { site, sae }) =>
      sum +
      site.axes.reduce((product, axis) => product * (sizes[axis] ?? (axis === "feature" ? sae?.features : 1) ?? 1), 1),
    0,
  );
  return floats * 4;
}
