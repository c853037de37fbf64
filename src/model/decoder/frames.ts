/** What depends on the rows of a level alone, and so is the same in every block: by how much positions turn, and which keys are seen. */

import { hiddenText } from "../hooks/hidden-keys.js";
import type { RunHooks } from "../hooks/run-hooks.js";
import type { Tensor4D } from "../tensor/tf.js";
import type { Ascent } from "./ascent.js";
import type { KvCache } from "./kv-cache.js";
import { maskFor } from "./mask.js";
import { type Rotation, rotationAt } from "./rope.js";
import { identity, type RowMap } from "./row-map.js";

/** Of one level's rows. */
export interface Frame {
  /** Null where positions turn nothing. */
  readonly rotation: Rotation | null;
  /** Null where every key is visible. */
  readonly mask: Tensor4D | null;
}

/** Rotation and mask of each level's rows, made when first needed. Lives inside the forward's `tidy`. */
export class FrameBook {
  readonly #frames = new Map<number, Frame>();
  /** Of blocks in which keys are hidden: those that hide the same share one. */
  readonly #masks = new Map<string, Frame["mask"]>();

  constructor(
    readonly cache: KvCache,
    readonly ascent: Ascent,
    readonly parts: { readonly frequencies: Float32Array | null; readonly hooks: RunHooks },
  ) {}

  /** Once for each block, in their order. */
  of(layer: number): Frame {
    const { step } = this.ascent;
    const frame = this.#current();
    const hidden = this.parts.hooks.hiddenKeys(layer, { step, keys: this.cache.length + step.columns });
    if (hidden.length === 0) return frame;
    const key = `${this.ascent.place} ${hiddenText(hidden)}`;
    const mask = this.#masks.get(key) ?? maskFor(this.cache, this.#rows(), { step, hidden });
    this.#masks.set(key, mask);
    return { ...frame, mask };
  }

  #current(): Frame {
    const { place, step } = this.ascent;
    const known = this.#frames.get(place);
    if (known !== undefined) return known;
    const { frequencies } = this.parts;
    const frame = {
      rotation: frequencies === null ? null : rotationAt(step.tokenPositions, step.rows, frequencies),
      mask: maskFor(this.cache, this.#rows(), { step, hidden: [] }),
    };
    this.#frames.set(place, frame);
    return frame;
  }

  /** Rows of the cache that the present rows continue. */
  #rows(): RowMap {
    const { place, step } = this.ascent;
    return place === 0 ? identity(step.rows) : this.ascent.between(0, place);
  }
}
