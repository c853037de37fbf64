/** Packed attention, unpacked where it is looked at. */

import type { PageAttention } from "./page-data.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `mean`, or a head's number. */
export type HeadChoice = "mean" | number;

/** @returns one row of `width` weights, of a head or the mean over all. */
export function rowOf(
  packed: string,
  { row, heads, width }: { readonly row: number; readonly heads: number; readonly width: number },
  head: HeadChoice,
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

/** @returns all that one reader (`bot`, `latent.2`, `eot`) pays attention to, or null where the records do not hold it. */
export function readingOf({ reading }: PageAttention, reader: string, head: HeadChoice): number[] | null {
  const row = reading?.readers.indexOf(reader) ?? -1;
  return reading === null || row < 0
    ? null
    : rowOf(reading.packed, { row, heads: reading.heads, width: reading.keys }, head);
}

/** @returns what each reader pays to each latent: EOT, the answer's number, then the latents, as far as the records hold them. */
export function towardsLatents(
  attention: PageAttention,
  latents: number,
  head: HeadChoice,
): { readonly reader: string; readonly weights: readonly number[] }[] {
  const { heads, reading } = attention;
  const whole = { row: 0, heads, width: latents };
  const later = Array.from({ length: reading === null ? 0 : latents - 1 }, (_, i) => i + 1).map((reader) => ({
    reader: `latent ${reader}`,
    weights: (readingOf(attention, `latent.${reader}`, head)?.slice(-latents) ?? []).slice(0, reader + 1),
  }));
  return [
    { reader: "EOT", weights: rowOf(attention.eot, whole, head) },
    ...(attention.number === null
      ? []
      : [{ reader: "answer's number", weights: rowOf(attention.number, whole, head) }]),
    ...later,
  ];
}
