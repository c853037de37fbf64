/** Where the numbers of a site at an address lie in a forward, so that vectors laid out as captures can be read and written there. */

import { UsageError } from "../../../base/errors.js";
import { type Address, formatAddress } from "../../hooks/address.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Position, Step } from "../../hooks/step.js";
import type { SequenceLayout } from "../layout.js";
import { siteHas } from "../run/compile-writers.js";
import type { LoopModel } from "../run/loop.js";

/** A site at an address of one row's sequence. */
export interface Spot {
  readonly site: ParsedSite;
  readonly row: number;
  readonly layout: SequenceLayout;
  /** The addressed positions that the site has, in the order of the sequence. */
  readonly positions: readonly Position[];
}

/** Some numbers that are together in a forward's tensor and in a vector. */
export interface Stretch {
  readonly inTensor: number;
  readonly inVector: number;
  readonly length: number;
}

/** @throws UsageError where the sequence has no such position, or the site has no value there. */
export function spotOf(
  site: ParsedSite,
  address: Address,
  { row, layout, loop }: { readonly row: number; readonly layout: SequenceLayout; readonly loop: LoopModel },
): Spot {
  const all = layout.indicesOf(address).flatMap((place) => layout.positions[place] ?? []);
  const here = all.filter((position) => siteHas(site, position, loop));
  if (here.length === 0)
    throw new UsageError(
      `Site "${site.name}" has no value at ${formatAddress(address)}`,
      "it has values at latents only, such as latent.2",
    );
  // With EOS after EOT, EOT is the last of the two, as captures read it.
  const positions = address.part === "eot" ? here.slice(-1) : here;
  return { site, row, layout, positions };
}

/** How many numbers a spot has. @param shape of the site's tensor in any forward. */
export function sizeOfSpot({ site, layout, positions }: Spot, shape: readonly number[]): number {
  return site.axes[2] === "query"
    ? (shape[1] ?? 0) * positions.length * layout.length
    : positions.length * sizeOfCell(shape);
}

/** What of a spot lies in a forward. */
export function stretchesIn(
  spot: Spot,
  { step, shape }: { readonly step: Step; readonly shape: readonly number[] },
): Stretch[] {
  const { site, row, positions } = spot;
  const batchRow = step.placeOf(row);
  if (batchRow === null) return [];
  const cells = step.positions[batchRow] ?? [];
  return positions.flatMap((position, place) => {
    const column = cells.findIndex((cell) => cell !== null && isSame(cell, position));
    if (column < 0) return [];
    if (site.axes[2] === "query") return queryStretches(spot, { step, shape, batchRow, column, place });
    const size = sizeOfCell(shape);
    return [{ inTensor: (batchRow * (shape[1] ?? 0) + column) * size, inVector: place * size, length: size }];
  });
}

/** Is any of the positions in a forward? */
export function isIn({ row, positions }: Spot, step: Step): boolean {
  const cells = step.positions[step.placeOf(row) ?? -1] ?? [];
  return cells.some((cell) => cell !== null && positions.some((position) => isSame(cell, position)));
}

interface QueryCell {
  readonly step: Step;
  readonly shape: readonly number[];
  readonly batchRow: number;
  readonly column: number;
  /** Of the query among those addressed. */
  readonly place: number;
}

/** One by one: a row's keys need not lie in the order of its sequence. */
function queryStretches({ layout, positions }: Spot, { step, shape, batchRow, column, place }: QueryCell): Stretch[] {
  const [, heads = 0, queries = 0, keys = 0] = shape;
  const query = positions[place];
  const last = query === undefined ? -1 : (layout.find(query) ?? -1);
  return Array.from({ length: heads }, (_, head) =>
    layout.positions.slice(0, last + 1).flatMap((key, at) => {
      const keyColumn = step.keyColumn(batchRow, key);
      if (keyColumn === null) return [];
      const inTensor = ((batchRow * heads + head) * queries + column) * keys + keyColumn;
      const inVector = (head * positions.length + place) * layout.length + at;
      return [{ inTensor, inVector, length: 1 }];
    }),
  ).flat();
}

function sizeOfCell(shape: readonly number[]): number {
  return shape.slice(2).reduce((product, size) => product * size, 1);
}

function isSame(one: Position, other: Position): boolean {
  return one.part === other.part && one.index === other.index;
}
