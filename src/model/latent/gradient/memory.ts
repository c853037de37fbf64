/** What derivatives hold at once: an upper bound, counted before anything is computed. */

import type { DecoderConfig } from "../../decoder/config.js";
import type { ParsedSite } from "../../hooks/names.js";
import { captureBytes } from "../readings/capture.js";

/** One sequence. */
interface SequenceSizes {
  readonly positions: number;
  /** Positions before them whose keys are read, but of which nothing is held for this sequence. */
  readonly before: number;
  readonly latents: number;
  /** Positions whose logits may be read. */
  readonly predicted: number;
  readonly prjDim: number;
}

/** What a site's values are held as: what it has, its derivative, and both once more on their way to the host. */
const COPIES = 4;

/** Upper bound in bytes for one sequence. */
export function derivativeBytes(sites: readonly ParsedSite[], config: DecoderConfig, sizes: SequenceSizes): number {
  const { layers, dModel, dMlp, heads, kvHeads, dHead, vocabSize } = config;
  const { positions, before, predicted } = sizes;
  // What a block's derivative needs of a position: both norms' inputs, queries, keys and values as they are multiplied, the pattern, the gate's halves.
  const inBlock = 2 * dModel + 2 * (heads + 2 * kvHeads) * dHead + 2 * heads * (before + positions) + 3 * dMlp;
  const held = 4 * layers * positions * inBlock;
  const logits = 4 * COPIES * predicted * vocabSize;
  const captured = captureBytes(
    sites.map((site) => ({ site })),
    config,
    sizes,
  );
  return held + logits + COPIES * captured;
}
