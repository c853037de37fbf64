/** What the page opens with. */

import type { Edit } from "../edits/edit.js";

/** The question: five steps, of which the first three stand in the first three thoughts. */
export const FIRST_QUESTION =
  "Emma has 6 packs with 8 cards in each. Then Emma picks up 1 more. Emma sells 9. Emma sells 9. How many cards does Emma have now?";

/** The edit that the precomputed example shows: its answer changes. */
export const FIRST_EDIT: Edit = {
  id: 1,
  target: { kind: "cell", block: 8, latent: 0 },
  operation: { kind: "zero" },
  on: true,
};
