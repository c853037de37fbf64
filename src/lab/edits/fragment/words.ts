/** Texts and numbers of a fragment. */

import { escapeUnprintable, shortened } from "../../../base/errors.js";

/** Why a fragment cannot be read. */
export class Refusal extends Error {}

/** A text with blanks as `+` and whatever has a meaning in an address escaped. */
export function written(text: string): string {
  // Half of a surrogate pair cannot stand in an address; a keyboard gives none.
  const wellFormed = text.replace(/\p{Surrogate}/gu, "\uFFFD");
  return encodeURIComponent(wellFormed).replace(/%20/g, "+").replace(/%3A/g, ":").replace(/%2C/g, ",");
}

/** Reads what `written` wrote. */
export function readText(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, "%20"));
  } catch {
    throw new Refusal(`the text "${plain(text)}" is damaged`);
  }
}

/** A piece of a fragment, for a message. */
export function plain(text: string): string {
  return escapeUnprintable(shortened(text, 60));
}

/** A whole number from 0. @param what it is, for the message. */
export function readWhole(text: string, what: string): number {
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Refusal(`"${plain(text)}" is not ${what}`);
  return value;
}

/** Any finite number, as JavaScript writes it. */
export function readNumber(text: string, what: string): number {
  const value = /^-?\d{1,24}(?:\.\d{1,24})?(?:e[+-]?\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new Refusal(`"${plain(text)}" is not ${what}`);
  return value;
}
