/** What somebody may have meant by a name that is none. */

import { editDistance } from "../model/hooks/names.js";

/** `, did you mean "latent"?` where a name is at most a third of its letters away, else nothing. */
export function nearestOf(text: string, names: readonly string[]): string {
  const [nearest] = names
    .map((name) => ({ name, distance: editDistance(text.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest === undefined || nearest.distance > Math.max(1, nearest.name.length / 3)) return "";
  return `, did you mean "${nearest.name}"?`;
}
