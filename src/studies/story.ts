/** How a study is described, as data. The run's manifest holds it, so the analysis needs no study's file. */

import { z } from "zod";

const text = z.string();

/** Shape of a story in the manifest. */
export const storySchema = z.object({
  name: text,
  question: text,
  figure: z.object({ x: text, y: text.optional(), xTitle: text.optional(), yTitle: text.optional() }).optional(),
  sentence: text.optional(),
  caveat: text.optional(),
  /** Of a study from outside the package. */
  file: text.optional(),
  sha256: text.optional(),
  /** Whether its program says itself what is found and drawn. */
  hasFinding: z.boolean().optional(),
});

/** What the manifest knows besides of a study from outside the package. */
export interface OutsideStory {
  readonly file?: string;
  readonly sha256?: string;
  readonly hasFinding?: boolean;
}

/** How a study is described. */
export interface StudyStory {
  /** Small letters, digits and `-`; not used twice. */
  readonly name: string;
  /** Heading of its section and of its figure. */
  readonly question: string;
  /** The factors along its figure's axes: a map with `y`, a row of rates without; left out: no figure, or one of its own in the analysis. */
  readonly figure?: StoryFigure;
  /**
   * Its sentence, in place of the usual one. `{condition}`, `{broken}`, `{n}`, `{share}` and `{interval}` are of the condition that
   * breaks most answers; `{changed}` counts those that change the share right (McNemar, Holm), `{conditions}` all of them.
   */
  readonly sentence?: string;
  /** What its numbers cannot show, in one sentence; stands below its answer in the report's summary. */
  readonly caveat?: string;
  /** When it runs without being named; left out: never. */
  readonly runs?: RunsUnnamed;
}

/** When a study of the package runs without being named. */
export interface RunsUnnamed {
  /** `main`: where none is named, or another that is `main`, since all are read from the same rows. `control`: beside these. */
  readonly as: "main" | "control";
  /** Of a control: studies whose conditions hold its own; where one of them is named it does not run, not even by name. */
  readonly coveredBy?: readonly string[];
}

/** Axes of a study's figure: names of factors, and what is written beside them. */
export interface StoryFigure {
  readonly x: string;
  readonly y?: string | undefined;
  readonly xTitle?: string | undefined;
  readonly yTitle?: string | undefined;
}
