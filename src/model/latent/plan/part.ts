/** Some rows of a state, and where they stand in it. */

import type { RowMap } from "../../decoder/row-map.js";
import { type Group, groupOf } from "./row-tree.js";

/** Some rows of a state: their groups, and where each group stands in it. */
export interface Part {
  readonly groups: readonly Group[];
  readonly order: RowMap;
}

/** The rows of a state that are wanted; a group without any is left out. */
export function partOf(groups: readonly Group[], wanted: (id: number, group: Group) => boolean): Part {
  const chosen = groups.flatMap((group, place) => {
    const rows = group.rows.filter((id) => wanted(id, group));
    return rows.length === 0 ? [] : [{ group: groupOf(rows), place }];
  });
  return { groups: chosen.map(({ group }) => group), order: chosen.map(({ place }) => place) };
}
