/** Places along an axis, found by name or by number. */

import { UsageError } from "../../../base/errors.js";

/** One place of an axis: its name, or its number from 0 (from the end below 0). Where names are whole numbers, as layers are, a number is a name. */
export type Place = string | number;

/** Which places are kept: a list of them, or a test. */
export type Places = readonly Place[] | ((name: string, place: number) => boolean);

/** An axis with the names of its places; a place without a name is named by its number. */
export interface NamedAxis {
  readonly axis: string;
  readonly names: readonly string[];
}

/** @returns the place's number from 0. @throws UsageError where the axis has no such place. */
export function placeOf(place: Place, { axis, names }: NamedAxis): number {
  const isNumbered = names.every((name) => /^\d+$/.test(name));
  const asName = typeof place === "string" || (isNumbered && place >= 0);
  const found = asName ? names.indexOf(String(place)) : place < 0 ? names.length + place : place;
  if (Number.isInteger(found) && found >= 0 && found < names.length) return found;
  throw new UsageError(`No place ${JSON.stringify(place)} along "${axis}"`, `it has ${describePlaces(names)}`);
}

/** @returns the numbers of the places that are kept. @throws UsageError for an unknown place, and where none is kept. */
export function keptPlaces(places: Places, named: NamedAxis): number[] {
  const { axis, names } = named;
  const kept =
    typeof places === "function"
      ? names.flatMap((name, place) => (places(name, place) ? [place] : []))
      : places.map((place) => placeOf(place, named));
  if (kept.length === 0) throw new UsageError(`No place of "${axis}" is left`, `it has ${describePlaces(names)}`);
  return kept;
}

const MOST_SHOWN = 12;

function describePlaces(names: readonly string[]): string {
  const shown = names.length > MOST_SHOWN ? [...names.slice(0, MOST_SHOWN - 4), "…", ...names.slice(-3)] : names;
  return `${names.length}: ${shown.join(", ")}`;
}
