/** What is done beside edits, to compare with: the same places multiplied by 1, and a change of the same length in a random direction. */

import { seededRandom } from "../../base/random.js";
import { at, type Intervention, parseAddress, type RunResult, type SiteName } from "../../browser.js";
import type { Edit, EditTarget } from "../edits/edit.js";
import { placeOf, siteOf } from "../edits/targets.js";

/** Values at one position that an edit changed: where they stand, and which part of them. */
export interface Place {
  readonly site: SiteName;
  /** Null: the whole site. */
  readonly head: number | null;
  /** Address of one position. */
  readonly address: string;
}

/** The places that edits change, each once. An edge changes what its heads read at the position that looks. */
export function placesOf(edits: readonly Edit[]): Place[] {
  const places = edits.map(({ target }) => placeOfTarget(target));
  const names = places.map((place) => JSON.stringify(place));
  return places.filter((_, i) => names.indexOf(names[i] ?? "") === i);
}

function placeOfTarget(target: EditTarget): Place {
  const head = target.kind === "cell" ? null : target.head;
  if (target.kind === "edge") return { site: `blocks.${target.block}.attn.hook_z`, head, address: target.query };
  return { site: siteOf(target), head, address: `latent.${target.latent}` };
}

/** Interventions that write what is there already. */
export function identityOf(edits: readonly Edit[]): string[] {
  return [...new Set(edits.map(({ target }) => `scale(1):${placeOf(target)}`))];
}

/** One draw of random changes, as `model.runConditions` takes them. */
export interface RandomControl {
  readonly interventions: readonly Intervention[];
  readonly values: Readonly<Record<string, Values>>;
}

/** What a draw is made of. */
export interface DrawOptions {
  readonly run: RunResult;
  readonly clean: RunResult;
  readonly seed: number;
  /** From 0. */
  readonly draw: number;
}

/**
 * Writes, at each place, the value without edits plus a random direction as long as the edited value's difference from it.
 *
 * @param options `run` under the edits and `clean` without; both captured the places' sites.
 * @returns null where neither run has one of the places.
 */
export function randomControl(places: readonly Place[], { run, clean, seed, draw }: DrawOptions): RandomControl | null {
  const random = seededRandom(seed * 1_000_003 + draw + 1);
  const interventions: Intervention[] = [];
  const values: Record<string, Values> = {};
  for (const [i, place] of places.entries()) {
    const [before, now] = [valueAt(clean, place), valueAt(run, place)];
    if (before === null || now === null) continue;
    const length = lengthOf(now.data.map((x, n) => x - (before.data[n] ?? 0)));
    const drawn = before.data.map(() => random.normal());
    const factor = length / lengthOf(drawn);
    const ref = `random-${draw}-${i}`;
    values[ref] = { shape: before.shape, data: before.data.map((x, n) => x + factor * (drawn[n] ?? 0)) };
    interventions.push({
      operation: { kind: "replace", ref },
      site: place.site,
      addresses: [place.address],
      downstream: "propagate",
      ...(place.head === null ? {} : { scope: { head: place.head } }),
    });
  }
  return interventions.length === 0 ? null : { interventions, values };
}

/** Numbers in the shape that `replace` takes. */
interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A place's values in a run, `[positions, …]`; null where the run has no such position. */
function valueAt({ captures, layout }: RunResult, place: Place): Values | null {
  const address = parseAddress(place.address);
  if (!layout.names.includes(place.address)) return null;
  const covered = layout.indicesOf(address).map((index) => layout.names[index] ?? "");
  const values = captures.at(place.site, at.all).where("position", covered);
  const own = place.head === null ? values : values.at("heads", place.head);
  return { shape: own.shape, data: own.data };
}

function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}
