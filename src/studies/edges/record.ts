/** What the study keeps in its records, below `kept`: scores of all edges of a pair, and what circuits of them keep. */

import { z } from "zod";
import { firstIssue, RunFolderError } from "../../base/errors.js";
import { fieldOf, type StudyRecord } from "../shared/rows.js";
import { EdgeNumbers } from "./graph.js";
import { story } from "./story.js";

/** A score of 1 moves the logit difference all the way to the counterfactual's; this is the smallest step that is kept. */
export const SCORE_STEP = 1e-5;

const scoresSchema = z.strictObject({
  depth: z.int().positive(),
  heads: z.int().positive(),
  places: z.array(z.string()),
  /** A text a target, in their order: for each source that writes before it, and each place, a score in steps. */
  scores: z.array(z.string()),
});

const share = z.number();
const circuitsSchema = z.strictObject({
  /** Edges of the pair. */
  edges: z.int().positive(),
  /** The logit difference that is kept without any edge, and with all: 0 and 1 but for rounding. */
  none: share,
  all: share,
  sizes: z.array(
    z.strictObject({
      edges: z.int().positive(),
      /** What the strongest so many edges keep, and all others without them. */
      kept: share,
      without: share,
      /** What as many edges drawn at random keep, and all others without some of these draws. */
      random: z.array(share),
      withoutRandom: z.array(share),
    }),
  ),
  /** Of the smallest of these circuits that keeps enough: what is lost without each tenth of its edges, the strongest first. */
  tenths: z.strictObject({ edges: z.int().positive(), lost: z.array(share) }).nullable(),
});

/** Scores of one pair as its record has them. */
export type KeptScores = z.infer<typeof scoresSchema>;
/** Circuits of one pair as its record has them. */
export type KeptCircuits = z.infer<typeof circuitsSchema>;

/** Scores by number of the edge, as text. */
export function packedScores(
  scores: ArrayLike<number>,
  { edges, change }: { readonly edges: EdgeNumbers; readonly change: number },
): string[] {
  let at = 0;
  return edges.before.map((before) => {
    const mine = Array.from({ length: before * edges.places }, () =>
      // No minus before a 0.
      String(Math.round((scores[at++] ?? 0) / change / SCORE_STEP) + 0),
    );
    return mine.join(" ");
  });
}

/** The pair's edges, and their scores by number. */
export function unpackedScores({ depth, heads, places, scores }: KeptScores): {
  readonly edges: EdgeNumbers;
  readonly values: Float64Array;
} {
  const edges = new EdgeNumbers({ depth, heads }, places.length);
  const values = Float64Array.from(
    scores.flatMap((text) => text.split(" ")),
    (step) => Number(step) * SCORE_STEP,
  );
  return { edges, values };
}

/** The scores that a record holds; undefined where it holds none. @throws RunFolderError where they are damaged. */
export function scoresOf(record: StudyRecord): KeptScores | undefined {
  const kept = read(record, { schema: scoresSchema, name: "scores" });
  if (kept === undefined) return undefined;
  const { edges, values } = unpackedScores(kept);
  if (values.length === edges.count && values.every(Number.isFinite)) return kept;
  throw damaged(record, `${values.length} scores of ${edges.count} edges`);
}

/** The circuits that a record holds; undefined where it holds none. @throws RunFolderError where they are damaged. */
export function circuitsOf(record: StudyRecord): KeptCircuits | undefined {
  return read(record, { schema: circuitsSchema, name: "circuits" });
}

function read<T>(
  record: StudyRecord,
  { schema, name }: { readonly schema: z.ZodType<T>; readonly name: "scores" | "circuits" },
): T | undefined {
  const kept = fieldOf<Readonly<Record<string, Readonly<Record<string, unknown>>>>>(record, "kept")?.[story.name]?.[
    name
  ];
  if (kept === undefined) return undefined;
  const checked = schema.safeParse(kept);
  if (checked.success) return checked.data;
  throw damaged(record, firstIssue(checked.error));
}

function damaged(record: StudyRecord, what: string): RunFolderError {
  return new RunFolderError(
    `The record of problem "${record.problem.id}" under "${record.condition.name}" has damaged edges (kept.${story.name}): ${what}`,
    "run the experiment's command again in a new folder",
  );
}
