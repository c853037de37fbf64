/** What depends on the rows of a level alone, and so is the same in every block: by how much positions turn, and which keys are seen. */

import type { Tensor4D } from "../tensor/tf.js";
import type { Ascent } from "./ascent.js";
import type { KvCache } from "./kv-cache.js";
import { maskFor } from "./mask.js";
import { type Rotation, rotationAt } from "./rope.js";
import { identity } from "./row-map.js";

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

  constructor(
    readonly cache: KvCache,
    readonly ascent: Ascent,
    readonly frequencies: Float32Array | null,
  ) {}

  current(): Frame {
    const { place, step } = this.ascent;
    const known = this.#frames.get(place);
    if (known !== undefined) return known;
    const rows = place === 0 ? identity(step.rows) : this.ascent.between(0, place);
    const { frequencies } = this;
    const frame = {
      rotation: frequencies === null ? null : rotationAt(step.tokenPositions, step.rows, frequencies),
      mask: maskFor(this.cache, rows, step),
    };
    this.#frames.set(place, frame);
    return frame;
  }
}
