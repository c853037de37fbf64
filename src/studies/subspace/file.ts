/** `subspace.json`: the directions that were trained, and what exchanges in them do to held-out pairs, for the analysis, which has no model. */

import { z } from "zod";
import type { RunFile } from "../finding.js";
import { fileContent } from "../shared/kept.js";

/** Name in the run's folder. */
export const SUBSPACE_FILE = "subspace.json";

const finite = z.number();
const base64 = z.string();

/** One exchange in one pair's run: the number that is answered, and the logit of the own number's token less that of the other run's; null where there is none. */
const outcomeSchema = z.strictObject({ number: finite.nullable(), difference: finite.nullable() });

const rankSchema = z.strictObject({
  rank: z.int().positive(),
  trained: outcomeSchema,
  random: outcomeSchema,
  principal: outcomeSchema,
  /** The trained directions, where both runs' head has the same first choice; null where that is at no position. */
  other: outcomeSchema.nullable(),
});

const subspaceSchema = z.discriminatedUnion("kind", [
  z.strictObject({ schema: z.literal(1), kind: z.literal("undefined"), reason: z.string() }),
  z.strictObject({
    schema: z.literal(1),
    kind: z.literal("value"),
    /** Where is exchanged, together. */
    positions: z.array(z.string()),
    width: z.int().positive(),
    folds: z.array(
      z.strictObject({
        /** Whose output is exchanged: chosen on the training pairs. */
        block: z.int().nonnegative(),
        /** Training pairs, and the runs of theirs that the whole state moves, in both directions: those are trained on. */
        pairs: z.int().nonnegative(),
        swaps: z.int().nonnegative(),
        /** Orthonormal rows `[rank, width]`, float32 as base64, and how many of the swaps that they were trained on they move. */
        bases: z.array(z.strictObject({ rank: z.int().positive(), moved: z.int().nonnegative(), rows: base64 })),
      }),
    ),
    pairs: z.array(
      z.strictObject({
        id: z.string(),
        /** Held out there: in no training of that fold. */
        fold: z.int().nonnegative(),
        /** Which answer the other run has, and both logit differences without an exchange. */
        number: finite,
        differences: z.strictObject({ own: finite, other: finite }),
        whole: outcomeSchema,
        ranks: z.array(rankSchema),
      }),
    ),
  }),
]);

/** What the file holds, or why there are no directions. */
export type SubspaceFile = z.infer<typeof subspaceSchema>;
/** Trained directions and their outcomes. */
export type KnownSubspaces = Extract<SubspaceFile, { kind: "value" }>;
/** One held-out pair. */
export type HeldOutPair = KnownSubspaces["pairs"][number];
/** One exchange. */
export type Outcome = z.infer<typeof outcomeSchema>;

/** @returns what the file of a run holds; null where there is none. @throws RunFolderError when it is damaged. */
export function subspaceFileOf(file: RunFile | null): SubspaceFile | null {
  return fileContent(file, subspaceSchema);
}
