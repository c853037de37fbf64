/** Which rows are answered first, token by token, and which are then given their question's clean answer. */

import type { RowMap } from "../../decoder/row-map.js";
import { type Group, groupOf } from "./row-tree.js";
import type { PlannedRows } from "./rows.js";

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

/**
 * Leaders are decoded token by token. They are the rows that nothing has been done to, whose answer the followers are given, and those that
 * can only be decoded plainly.
 *
 * @param groups rows that are still one after the latents.
 * @param verify false where every row leads.
 */
export function answerParts(
  plan: PlannedRows,
  groups: readonly Group[],
  verify = true,
): { readonly leaders: Part; readonly followers: Part } {
  const { tree, cleanRows, plainRows } = plan;
  const leads = (id: number, { rows }: Group): boolean =>
    !verify ||
    plainRows.has(id) ||
    (tree.isUntouched(id, tree.answerStage) && rows.some((other) => cleanRows.includes(other)));
  return {
    leaders: partOf(groups, leads),
    followers: partOf(groups, (id, group) => !leads(id, group)),
  };
}
