/** Changes the part of a site's values that is in scope. All else keeps its exact bits: values are picked, nothing is multiplied by a mask. */

import { parseAddresses } from "../../hooks/address.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Scope } from "../../hooks/scope.js";
import type { WriterInfo } from "../../hooks/writer.js";
import { concat, gather } from "../../tensor/ops.js";
import { replaced } from "../../tensor/replaced.js";
import type { Tensor } from "../../tensor/tf.js";
import { keyColumns } from "./key-columns.js";

/** Places that are kept of an axis. */
export interface Cut {
  readonly axis: number;
  readonly places: readonly number[];
}

interface Cuts {
  readonly cuts: readonly Cut[];
}

/** Where a scope lies. */
export interface Within {
  readonly scope: Scope;
  readonly site: ParsedSite;
  readonly info: WriterInfo;
}

/** Takes the part in scope out of a tensor shaped like the site's. */
export type Narrow = (whole: Tensor) => Tensor;

/** Makes another part of the one in scope. */
export type Change = (part: Tensor, narrow: Narrow) => Tensor;

/** `x` with the part in scope changed. @param change gets that part, with the head's axis left in place, and returns another of its shape. */
export function changedWithin(x: Tensor, change: Change, { scope, site, info }: Within): Tensor {
  const fixed = fixedCuts(scope, site);
  if (scope.keys === undefined) return changed(x, change, { cuts: fixed });
  const groups = rowsByKeys(x, scope.keys, info);
  const parts = groups.map(({ rows, columns }) => {
    const own = rows.length === x.shape[0] ? x : gather(x, rows, 0);
    return changed(own, change, { cuts: [...fixed, { axis: 3, places: columns }] });
  });
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const order: number[] = [];
  for (const [place, row] of groups.flatMap(({ rows }) => rows).entries()) order[row] = place;
  return gather(concat(parts, 0), order, 0);
}

/** Number of the axis that counts heads, or -1. */
export function headAxis({ axes }: ParsedSite): number {
  return axes.findIndex((axis) => axis === "heads" || axis === "kvHeads");
}

/** The parts of a site that a scope takes whatever the row. */
export function fixedCuts({ head, dims }: Scope, site: ParsedSite): Cut[] {
  return [
    ...(head === undefined ? [] : [{ axis: headAxis(site), places: [head] }]),
    ...(dims === undefined ? [] : [{ axis: site.axes.length - 1, places: dims }]),
  ];
}

function changed(x: Tensor, change: Change, { cuts }: Cuts): Tensor {
  const narrow: Narrow = (whole) => cuts.reduce((part, { axis, places }) => gather(part, places, axis), whole);
  return put(x, (part) => change(part, narrow), { cuts });
}

function put(x: Tensor, change: (part: Tensor) => Tensor, { cuts: [cut, ...inner] }: Cuts): Tensor {
  if (cut === undefined) return change(x);
  const { axis, places } = cut;
  const part = put(gather(x, places, axis), change, { cuts: inner });
  return replaced(x, part, { axis, places });
}

interface KeyGroup {
  readonly rows: number[];
  readonly columns: readonly number[];
}

/** Rows whose keys lie in the same columns, in the order of the sequence: padding moves them. */
function rowsByKeys(x: Tensor, keys: string, { step, patch }: WriterInfo): KeyGroup[] {
  const targets = parseAddresses(keys);
  const groups = new Map<string, KeyGroup>();
  for (const [place, row] of patch.rows.entries()) {
    const query = { step, row, keys: x.shape[3] ?? 0, what: "Scope of key" };
    const columns = keyColumns(targets, query).sort((a, b) => a - b);
    const group = groups.get(columns.join()) ?? { rows: [], columns };
    group.rows.push(place);
    groups.set(columns.join(), group);
  }
  return [...groups.values()];
}
