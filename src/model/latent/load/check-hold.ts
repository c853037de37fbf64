/** Whether weights can be held as their files store them, before one is read. */

import { mebibytes } from "../../../base/bytes.js";
import { UsageError } from "../../../base/errors.js";
import type { Checkpoint } from "../../checkpoint/load.js";
import type { Hold } from "../../tensor/hold-names.js";
import { bytesOfLoad } from "./load-bytes.js";

/** How weights are to be held, and who hears what that saves. */
export interface HoldOptions {
  readonly hold?: Hold | undefined;
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** @throws UsageError where no matrix can be held in 16 bits, so that nothing would be saved. */
export function checkHold(
  { name, plan, dtype }: Pick<Checkpoint, "name" | "plan" | "dtype">,
  { hold = "float32", onNotice }: HoldOptions,
): void {
  if (hold === "float32") return;
  const [stored, all] = [bytesOfLoad(plan, hold).weightBytes, bytesOfLoad(plan).weightBytes];
  const pairs = [...plan.weights.values()].filter(({ lora }) => lora !== null).length;
  if (stored === all)
    throw new UsageError(
      `${name} has no matrix to hold in 16 bits: its weights are ${dtype}${pairs === 0 ? "" : `, and ${pairs} have LoRA pairs`}`,
      "leave --hold away: float32 is what they are held in",
    );
  onNotice?.(
    `weights held as they are stored: ${mebibytes(stored)} instead of ${mebibytes(all)} in float32; they are widened at each use, which changes no number and takes longer`,
  );
  if (pairs > 0)
    onNotice?.(
      `${pairs} weights have LoRA pairs and stay in float32: what is merged does not fit 16 bits (weights convert --dtype BF16 merges and rounds them)`,
    );
}
