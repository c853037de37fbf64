/** "Save JSON": what was set, and what was computed of it, as plain data that another program can read. */

import type { CleanView, RunView } from "../../session/types.js";
import type { LabState } from "../edit.js";

/** Version of the form. */
export const EXPORT_SCHEMA = 1;

/** What is exported. */
export interface Exported {
  readonly state: LabState;
  readonly clean: CleanView | null;
  /** Null where no edit is on. */
  readonly run: RunView | null;
}

/** A JSON text; tensors are lists. */
export function asJson({ state, clean, run }: Exported): string {
  const computed = run === null ? null : { ...run, state: undefined, clean: undefined };
  const plain = (_: string, value: unknown): unknown => (value instanceof Float32Array ? Array.from(value) : value);
  return `${JSON.stringify({ schema: EXPORT_SCHEMA, madeBy: "CodiLens", state, clean, run: computed }, plain, 2)}\n`;
}
