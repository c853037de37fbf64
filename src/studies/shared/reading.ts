/** The numbers of one record, one by one: what the tidy table has a row for. */

import type { StudyRecord } from "./rows.js";

/** One number, and what sets it apart from the record's others of the same measure. */
export interface Reading {
  readonly measure: string;
  readonly value: number;
  /** Block, from 0. */
  readonly layer?: number | null;
  readonly head?: number | null;
  readonly position?: string | null;
  /** Part of the model beside layer and head. */
  readonly component?: string | null;
  /** What the number is about. */
  readonly target?: string | null;
}

/** What one study keeps in records, as numbers. */
export interface Readings {
  /** What each measure means, by its name: plain text, without a full stop. */
  readonly measures: Readonly<Record<string, string>>;
  /** Everything of one record; nothing where the record holds nothing of the kind. */
  readonly of: (record: StudyRecord) => Iterable<Reading>;
}

/** `latent.0`, `latent.1` … beside the values that are kept by latent. */
export function byLatent(
  values: readonly (number | null)[],
  { measure, layer = null, head = null, component = null, target = null }: Omit<Reading, "value" | "position">,
): Reading[] {
  // Of a long run there are millions: each has the same fields, in the same order.
  return values.flatMap((value, latent) =>
    value === null ? [] : { measure, value, layer, head, position: latentName(latent), component, target },
  );
}

const latentNames: string[] = [];

function latentName(latent: number): string {
  const known = latentNames[latent];
  if (known !== undefined) return known;
  const name = `latent.${latent}`;
  latentNames[latent] = name;
  return name;
}

/** 8 for `layer_8`. */
export function layerOf(key: string): number {
  return Number(key.replace("layer_", ""));
}
