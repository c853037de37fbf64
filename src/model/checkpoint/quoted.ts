/** Names and values out of a file, as they may stand in a message. */

import { escapeUnprintable, shortened } from "../../base/errors.js";

const MOST_CHARACTERS = 120;
const MOST_SIZES = 8;

/** @returns the value as JSON, cut to a readable length, with control characters escaped so that no terminal obeys them. */
export function quoted(value: unknown): string {
  const json =
    typeof value === "string"
      ? JSON.stringify(shortened(value, MOST_CHARACTERS))
      : shortened(JSON.stringify(value) ?? String(value), MOST_CHARACTERS);
  // JSON leaves delete, C1 controls and direction marks as they are.
  return escapeUnprintable(json);
}

/** A shape as `[2, 3]`, cut to a readable length. */
export function quotedShape(shape: readonly (number | string)[]): string {
  const rest = shape.length > MOST_SIZES ? `, … ${shape.length} sizes` : "";
  return `[${shape.slice(0, MOST_SIZES).join(", ")}${rest}]`;
}
