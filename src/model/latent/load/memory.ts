/** What a load will take: announced and checked before it starts. */

import { mebibytes } from "../../../base/bytes.js";
import { EnvironmentError } from "../../../base/errors.js";
import type { Checkpoint } from "../../checkpoint/load.js";
import { availableMemory } from "../../tensor/engines/host.js";
import type { Hold } from "../../tensor/hold-names.js";
import { bytesOfLoad, widenedBytes } from "./load-bytes.js";

/** Memory and time of a load, estimated. */
export interface LoadEstimate {
  /** Weights as they are held: in float32, unless asked otherwise. */
  readonly weightBytes: number;
  /** The most that is held at once: weights, the largest piece's passing forms, the engine's library. */
  readonly peakBytes: number;
  /** On a common machine, from a warm disk. */
  readonly seconds: number;
}

/** TensorFlow's library, Node's heap and the first runs' activations, as measured on Linux x64. */
export const ENGINE_BYTES = 700 * 2 ** 20;
// Float32 bytes a second, from the load benchmark (bench/RESULTS.md), halved.
const BYTES_PER_SECOND = 5e8;
/** A smaller model loads at once and gets no notice. */
const WORTH_SAYING = 2 ** 30;

/** @returns bytes and seconds, from the plan alone; no weight is read. */
export function loadEstimate({ plan }: Pick<Checkpoint, "plan">, hold: Hold = "float32"): LoadEstimate {
  const { weightBytes, passingBytes } = bytesOfLoad(plan, hold);
  // The forward that ends a load widens what is held in 16 bits.
  const peakBytes = weightBytes + passingBytes + widenedBytes(plan, hold) + ENGINE_BYTES;
  return { weightBytes, peakBytes, seconds: weightBytes / BYTES_PER_SECOND };
}

/** @throws EnvironmentError where the memory cannot suffice, unless forced. */
export function checkMemory(
  checkpoint: Checkpoint,
  options: { readonly force?: boolean; readonly hold?: Hold; readonly onNotice?: (notice: string) => void },
): void {
  const { hold = "float32" } = options;
  const { weightBytes, peakBytes, seconds } = loadEstimate(checkpoint, hold);
  const { bytes, limit } = availableMemory();
  if (weightBytes >= WORTH_SAYING)
    options.onNotice?.(
      `loading ${(checkpoint.parameters / 1e9).toFixed(2)} billion weights: ${mebibytes(weightBytes)} ${hold === "float32" ? "in float32" : "as stored"}, at most ${mebibytes(peakBytes)} in all, about ${Math.ceil(seconds)} s`,
    );
  if (peakBytes <= bytes || options.force === true) return;
  throw new EnvironmentError(
    `Not enough memory to load ${checkpoint.name}: it needs about ${mebibytes(peakBytes)}, ${mebibytes(bytes)} are available (${limit})`,
    `close other programs, raise the limit, use a machine with more memory, ${shorter(checkpoint, bytes)}or try all the same with --force`,
  );
}

/** What holding them as stored takes, where that fits. */
function shorter(checkpoint: Pick<Checkpoint, "plan">, bytes: number): string {
  const { peakBytes } = loadEstimate(checkpoint, "stored");
  if (peakBytes > bytes) return "";
  return `hold the weights as they are stored with --hold stored (about ${mebibytes(peakBytes)}, slower), `;
}
