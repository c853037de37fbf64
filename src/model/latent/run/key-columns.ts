/** Which columns of a pattern's key axis named positions have in a row. */

import { UsageError } from "../../../base/errors.js";
import { type Address, formatAddress } from "../../hooks/address.js";
import { coveredByAny, type Position } from "../../hooks/step.js";
import type { WriterInfo } from "../../hooks/writer.js";

/** What columns are asked of. */
export interface KeyQuery {
  readonly step: WriterInfo["step"];
  /** Row of the step. */
  readonly row: number;
  /** Length of the key axis. */
  readonly keys: number;
  /** What asks, for messages. */
  readonly what: string;
}

/** Columns of all targets, each once. @throws UsageError where one of them is no key of the row (yet). */
export function keyColumns(targets: readonly Address[], { step, row, keys, what }: KeyQuery): number[] {
  const found = targets.map((target) => columnsOf(target, (position) => step.keyColumn(row, position), keys));
  const missing = targets[found.findIndex((columns) => columns.length === 0)];
  if (missing !== undefined)
    throw new UsageError(
      `${what} ${formatAddress(missing)}: not a key of this row at ${step.label}`,
      "choose a position before the query",
    );
  return [...new Set(found.flat())];
}

const MOST_INDEX = 4096;

function columnsOf(target: Address, columnOf: (position: Position) => number | null, keys: number): number[] {
  const indices =
    "index" in target && target.index !== null
      ? [target.index]
      : Array.from({ length: Math.min(MOST_INDEX, keys) }, (_, i) => i);
  const parts = target.part === "all" ? (["question", "bot", "latent", "eot", "answer"] as const) : [target.part];
  const columns = new Set<number>();
  for (const part of parts) {
    for (const index of part === "bot" ? [0] : indices) {
      const column = columnOf({ part, index });
      if (column !== null && column < keys && coveredByAny([target], { part, index })) columns.add(column);
    }
  }
  return [...columns];
}
