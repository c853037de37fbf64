/** Numbers as the page writes them. */

/** A probability: `87%`, `3.2%`, `<0.1%`, and `100%` only where it rounds from above 99.95. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value < 10 || (value > 99 && value < 99.95)) return `${value.toFixed(1)}%`;
  return `${value.toFixed(0)}%`;
}

/** Any number with three digits that count, and a true minus. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value < 0) return `−${short(-value)}`;
  if (value !== 0 && (value < 0.001 || value >= 100_000)) return value.toExponential(1);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** The same with its sign. */
export function signed(value: number): string {
  return value < 0 ? short(value) : `+${short(value)}`;
}

/** Bytes in words: `3.5 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A token as it is shown: a space before it as a mark, a line break too. */
export function shownToken(text: string): string {
  return text.replace(/^ /, "␣").replaceAll("\n", "↵");
}
