/** Records of two engines beside each other: what is counted or chosen is equal, what is measured is close. */

import type { ExperimentRecord } from "../../src/records/record.js";
import { linesOf } from "./lines-of.js";

/** What two runs' records have not in common. */
export interface RecordDifferences {
  readonly records: number;
  /** Floats that were compared. */
  readonly floats: number;
  /** Fields that are no floats and differ, as `record: field: one, other`. */
  readonly unequal: readonly string[];
  /** Largest difference of two floats, as a share of the value, or absolute below 1. */
  readonly largest: number;
  /** The record that has it, and the field with [] for places in lists. */
  readonly where: string;
  readonly field: string;
}

/** The records of a run's folder, in the run's order of problems and conditions. */
export function recordsOf(dir: string): ExperimentRecord[] {
  return linesOf(dir).map((line) => JSON.parse(line) as ExperimentRecord);
}

/** Compares two runs of the same plan, but for what names the engine. */
export function recordDifferences(
  one: readonly ExperimentRecord[],
  other: readonly ExperimentRecord[],
): RecordDifferences {
  const [a, b] = [byName(one), byName(other)];
  const found = new Comparison();
  found.add({ where: "all", field: "records" }, [...a.keys()], [...b.keys()]);
  for (const [where, record] of a) found.add({ where, field: "" }, record, b.get(where));
  const { floats, unequal, largest, place } = found;
  return { records: one.length, floats, unequal, largest, ...place };
}

function byName(records: readonly ExperimentRecord[]): Map<string, unknown> {
  const named = records.map(({ key: _, engine: __, ...record }): [string, unknown] => {
    // The checksum is in the line and not in the record's type.
    const { checksum: ___, ...rest } = record as typeof record & { checksum?: string };
    return [`${record.problem.id} ${record.study} ${record.condition.name}`, rest];
  });
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Place {
  readonly where: string;
  readonly field: string;
}

/** The one field whose numbers are packed (src/studies/lens/record.ts). */
const STATES = "layerLens.states";

function numbersIn(packed: unknown): unknown {
  if (typeof packed !== "string") return packed;
  return [...new Float32Array(Uint8Array.from(Buffer.from(packed, "base64")).buffer)];
}

class Comparison {
  floats = 0;
  readonly unequal: string[] = [];
  largest = 0;
  place: Place = { where: "", field: "" };

  add(place: Place, one: unknown, other: unknown): void {
    const [a, b] = place.field === STATES ? [numbersIn(one), numbersIn(other)] : [one, other];
    if (typeof a === "number" && typeof b === "number" && !(Number.isInteger(a) && Number.isInteger(b)))
      this.#float(place, a, b);
    else if (isNested(a) && isNested(b) && Array.isArray(a) === Array.isArray(b))
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        this.add({ ...place, field: inField(place.field, Array.isArray(a) ? null : key) }, a[key], b[key]);
    else if (a !== b) this.unequal.push(`${place.where}: ${place.field}: ${JSON.stringify(a)}, ${JSON.stringify(b)}`);
  }

  #float(place: Place, a: number, b: number): void {
    this.floats += 1;
    const difference = Math.abs(a - b) / Math.max(1, Math.abs(a));
    // What is no number once stays the largest.
    if (Number.isNaN(this.largest) || difference <= this.largest) return;
    this.largest = difference;
    this.place = place;
  }
}

function inField(field: string, key: string | null): string {
  return key === null ? `${field}[]` : [field, key].filter((each) => each !== "").join(".");
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
