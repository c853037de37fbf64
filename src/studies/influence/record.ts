/** What the study keeps in the baseline's record, below `kept`. */

import { z } from "zod";
import { keptOf } from "../shared/kept.js";
import type { StudyRecord } from "../shared/rows.js";
import { story } from "./story.js";

/** `[to][from]`: of latent `from`'s input on latent `to`'s; null where `to` does not come later. */
const mapSchema = z.array(z.array(z.number().nullable()));
const normsSchema = z.strictObject({ frobenius: mapSchema, spectral: mapSchema });

const influenceSchema = z.strictObject({
  /** Numbers of a latent's input. */
  width: z.int().positive(),
  /** Whole Jacobians, or power iteration and random probes. */
  how: z.enum(["exact", "iterated"]),
  /** Through the latents between as well. */
  total: normsSchema,
  /** With the inputs of the latents between held. */
  direct: normsSchema,
  /** ‖change of latent `to`'s input‖ / ‖that input‖ when the position before it cannot read latent `from`. */
  cut: mapSchema,
});

/** Derivatives of one problem's run. */
export type Influence = z.infer<typeof influenceSchema>;
/** Norms of the Jacobians of all pairs. */
export type InfluenceNorms = z.infer<typeof normsSchema>;
/** A number for each pair. */
export type PairMap = z.infer<typeof mapSchema>;

/** What a baseline's record holds of it; undefined where it holds nothing. @throws RunFolderError where it is damaged. */
export function influenceOf(record: StudyRecord): Influence | undefined {
  return keptOf(record, { study: story.name, schema: influenceSchema, what: "derivatives" });
}

/** A map of all pairs. @param of is asked where `to` comes after `from`. */
export function pairMap(latents: number, of: (to: number, from: number) => number | null): (number | null)[][] {
  return Array.from({ length: latents }, (_, to) =>
    Array.from({ length: latents }, (_, from) => (from < to ? of(to, from) : null)),
  );
}
