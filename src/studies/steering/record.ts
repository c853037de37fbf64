/** What the study keeps in the baseline's record, below `kept`. */

import { z } from "zod";
import { keptOf } from "../shared/kept.js";
import type { StudyRecord } from "../shared/rows.js";
import { SITES } from "./sites.js";
import { story } from "./story.js";

const finite = z.number();

/** What is added: the direction, a random one as long, or the direction at another latent than its own. */
export const ADDED = ["own", "random", "elsewhere"] as const;
/** One of them. */
export type Added = (typeof ADDED)[number];

const runSchema = z.strictObject({
  added: z.enum(ADDED),
  /** What the direction is multiplied by. */
  strength: finite,
  /** The answer's number; null where it has none. */
  answer: finite.nullable(),
  /** Logit of the predicted number's token less that of the model's own, less the same without steering. */
  change: finite.nullable(),
});

const siteSchema = z.strictObject({
  site: z.enum(SITES),
  /** The latent whose direction it is, and the other one that it is added at. */
  latent: z.int().nonnegative(),
  elsewhere: z.int().nonnegative(),
  /** Share of the pairs' differences that they have in common. */
  agreement: finite,
  /** Euclidean length. */
  length: finite,
  runs: z.array(runSchema),
});

const steeredSchema = z.strictObject({
  status: z.literal("steered"),
  /** Place of the step, from 0; its value, and how far the direction says to move it. */
  step: z.int().nonnegative(),
  value: finite,
  by: finite,
  /** The model's answer, and the one that follows from the moved step. */
  answer: finite,
  predicted: finite,
  /** Pairs of questions behind the direction. */
  pairs: z.int().positive(),
  sites: z.array(siteSchema),
});

const leftSchema = z.strictObject({ status: z.literal("left"), reason: z.string() });

const steeringSchema = z.discriminatedUnion("status", [steeredSchema, leftSchema]);

/** One problem, steered or left out. */
export type Steering = z.infer<typeof steeringSchema>;
/** One that was steered. */
export type SteeredProblem = z.infer<typeof steeredSchema>;
/** It at one site. */
export type SteeredSite = z.infer<typeof siteSchema>;
/** One run of it. */
export type SteeredRun = z.infer<typeof runSchema>;

/** What a baseline's record holds of it; undefined where it holds nothing. @throws RunFolderError where it is damaged. */
export function steeringOf(record: StudyRecord): Steering | undefined {
  return keptOf(record, { study: story.name, schema: steeringSchema, what: "steered runs" });
}
