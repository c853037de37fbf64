/** Checks of option values, before anything is loaded. */

import { escapeUnprintable } from "../model/errors.js";

/** A whole number from 0, written plainly. @throws RangeError. */
export function wholeNumber(text: string): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(text.trim())) throw new RangeError(`"${text}" is not a whole number`);
  return Number(text);
}

/** A whole number from 1. @throws RangeError. */
export function countingNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new RangeError(`"${text}" is not at least 1`);
  return value;
}

/** A decimal number above 0 and below 1. @throws RangeError. */
export function openShare(text: string): number {
  const value = /^0?\.\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value > 0 && value < 1)) throw new RangeError(`"${text}" is not a number above 0 and below 1, such as 0.1`);
  return value;
}

/** `4,8,14` → ascending layers. @throws RangeError for blanks, repeats and anything that is no whole number. */
export function parseLayers(text: string): number[] {
  const layers = text.split(",").map((part) => wholeNumber(part.trim()));
  const twice = layers.find((layer, i) => layers.indexOf(layer) !== i);
  if (twice !== undefined) throw new RangeError(`layer ${twice} stands twice`);
  return [...layers].sort((a, b) => a - b);
}

/** Makes text of several lines safe for a terminal: its line breaks stay, other control characters become visible escapes. */
export function printableLines(text: string): string {
  return text.split("\n").map(escapeUnprintable).join("\n");
}
