/** How a checkpoint's weights come to the engine. No tensor is needed to know it, so a load can be estimated without an engine. */

import { mebibytes } from "../../../base/bytes.js";
import { EnvironmentError } from "../../../base/errors.js";
import { type PlannedWeight, planned, storedTensor, type WeightPlan } from "../../checkpoint/planned-weights.js";
import { isOfLatents } from "../../checkpoint/weight-map.js";
import type { WeightLayout } from "../../checkpoint/weight-reader.js";
import { familyOf } from "../../decoder/families.js";

/** The embedding comes some rows at a time, and at once what is kept in a common matrix. */
export function weightLayout({ family }: Pick<WeightPlan, "family">): WeightLayout {
  const { mayBeInParts, fusedWith } = familyOf(family);
  return { inParts: mayBeInParts, together: (name) => fusedWith(name)?.parts ?? null };
}

/** Float32 bytes of each matrix that cannot be kept in parts, by its name; those that share a matrix count together. */
export function onePieces(plan: WeightPlan): ReadonlyMap<string, number> {
  const { mayBeInParts, fusedWith } = familyOf(plan.family);
  const sizes = new Map<string, number>();
  for (const { name, shape, lora } of plan.weights.values()) {
    const matrix = fusedWith(name)?.name ?? name;
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    if (!mayBeInParts(name) || lora !== null) sizes.set(matrix, (sizes.get(matrix) ?? 0) + bytes);
  }
  return sizes;
}

/**
 * Names of the weights that a load holds in the 16 bits of their files, where it is asked to: matrices of the language model without a
 * low-rank pair, because what is merged fills float32.
 */
export function heldWeights(plan: WeightPlan): ReadonlySet<string> {
  const { fusedWith } = familyOf(plan.family);
  const names = [...plan.weights.keys()].filter((name) => {
    const parts = (fusedWith(name)?.parts ?? [name]).map((part) => planned(plan, part));
    const types = new Set(parts.map(({ base }) => storedTensor(base).dtype));
    return types.size === 1 && (types.has("BF16") || types.has("F16")) && parts.every(mayBeHeld);
  });
  return new Set(names);
}

function mayBeHeld({ name, shape, lora }: PlannedWeight): boolean {
  return shape.length === 2 && lora === null && !isOfLatents(name);
}

/**
 * The same for an engine whose tensors are bounded.
 *
 * @param tensorBytes of its largest tensor. @throws EnvironmentError for a matrix that is larger and cannot be kept in parts.
 */
export function layoutWithin(plan: WeightPlan, tensorBytes: number): WeightLayout {
  for (const [name, bytes] of onePieces(plan))
    if (bytes > tensorBytes)
      throw new EnvironmentError(
        `${name} takes ${mebibytes(bytes)} in one piece, and the engine's largest tensor has ${mebibytes(tensorBytes)}`,
        "compute with another engine: --engine native, or --engine wasm",
      );
  const layout = weightLayout(plan);
  return Number.isFinite(tensorBytes) ? { ...layout, partBytes: tensorBytes } : layout;
}
