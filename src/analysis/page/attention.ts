/** Packed attention, unpacked where it is looked at. */

import type { PageAttention } from "./page-data.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `mean`, or a head's number. */
export type HeadChoice = "mean" | number;

/** @returns one row of `width` weights, of a head or the mean over all. */
export function rowOf(
  packed: string,
  head: HeadChoice,
  { row, heads, width }: { readonly row: number; readonly heads: number; readonly width: number },
): number[] {
  const chosen = head === "mean" ? Array.from({ length: heads }, (_, h) => h) : [Math.min(head, heads - 1)];
  return Array.from({ length: width }, (_, column) => {
    const sum = chosen.reduce((total, h) => total + weight(packed[(row * heads + h) * width + column]), 0);
    return sum / chosen.length;
  });
}

function weight(char: string | undefined): number {
  return (Math.max(0, ALPHABET.indexOf(char ?? "A")) / 63) ** 2;
}

/** One reader's column of the matrix: a weight for each key; null where it cannot look or nothing was recorded. */
export interface ReaderColumn {
  /** `bot`, `latent.2`, `eot`, or `number`: where the answer's number is chosen. */
  readonly reader: string;
  readonly weights: readonly (number | null)[];
}

/** Who pays how much to what. */
export interface AttentionMatrix {
  /** How many of the keys, the first ones, are tokens of the prompt; the rest are latents. */
  readonly tokens: number;
  readonly columns: readonly ReaderColumn[];
}

/** @returns all readers by all keys, as far as the records hold them. */
export function attentionMatrix(attention: PageAttention, latents: number, head: HeadChoice): AttentionMatrix {
  const { heads, reading } = attention;
  const tokens = reading === null ? 0 : reading.keys - latents;
  const towards = (packed: string): number[] => rowOf(packed, head, { row: 0, heads, width: latents });
  const nothing = Array<null>(tokens).fill(null);
  const number =
    attention.number === null ? [] : [{ reader: "number", weights: [...nothing, ...towards(attention.number)] }];
  if (reading === null) return { tokens, columns: [{ reader: "eot", weights: towards(attention.eot) }, ...number] };
  const columns = reading.readers.map((reader, row) => {
    const weights = rowOf(reading.packed, head, { row, heads: reading.heads, width: reading.keys });
    const last = tokens + seenLatents(reader, latents);
    return { reader, weights: weights.map((each, key) => (key < last ? each : null)) };
  });
  return { tokens, columns: [...columns, ...number] };
}

/** Latents that a reader can look at: its own state is among them. */
function seenLatents(reader: string, latents: number): number {
  if (reader === "bot") return 0;
  const [, latent] = /^latent\.(\d+)$/.exec(reader) ?? [];
  return latent === undefined ? latents : Number(latent) + 1;
}

/** The largest weight but those on the first token, which takes what no one needs. */
export function topWeight({ columns }: AttentionMatrix, hasBos: boolean): number {
  return columns.reduce(
    (most, { weights }) =>
      weights.reduce<number>((top, each, key) => (hasBos && key === 0 ? top : Math.max(top, each ?? 0)), most),
    1e-6,
  );
}
