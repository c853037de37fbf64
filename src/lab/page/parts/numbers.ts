/** Numbers as the page writes them. */

/** A probability: `87%`, `3.2%`, `<0.1%`, and `100%` only where it rounds from above 99.95. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value < 10 || (value > 99 && value < 99.95)) return `${value.toFixed(1)}%`;
  return `${value.toFixed(0)}%`;
}

/** Any number with three digits that count. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100_000)) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : value.toFixed(size >= 10 ? 1 : 2);
}

/** With its sign, a true minus. */
export function signed(value: number): string {
  return value < 0 ? `−${short(-value)}` : `+${short(value)}`;
}

/** Bytes in words: `3.5 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A token as it is shown: a space before it as a mark, a line break too. */
export function shownToken(text: string): string {
  return text.replace(/^ /, "␣").replaceAll("\n", "↵");
}
