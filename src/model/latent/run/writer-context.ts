/** What interventions need beside the model: named values, and values of other runs. */

import type { FamilyName } from "../../decoder/family-names.js";
import type { NamedValue } from "../../hooks/bound.js";
import type { Intervention } from "../../hooks/interventions.js";
import type { ParsedSite, SiteName } from "../../hooks/names.js";
import type { Drawn } from "../donors.js";
import type { Saes } from "../sae/given-saes.js";

/** A position of a question's run. */
export interface QuestionCell {
  readonly question: number;
  readonly position: string;
}

/** Values that were read from other runs for `mean`, `resample`, `shuffle`, `patch` and `swap`. */
export interface CleanValues {
  /** The values to write at a position of a question; throws when the reference has none. */
  at(intervention: Intervention, site: ParsedSite, cell: QuestionCell): Float32Array;
  /** What an intervention draws on for a question; null where it draws on nothing. */
  drawn(intervention: Intervention, question: number): Drawn | null;
}

/** What data interventions need beside the model. */
export interface WriterContext {
  readonly layers: number;
  readonly family?: FamilyName | undefined;
  readonly features?: readonly SiteName[] | undefined;
  readonly saes?: Saes;
  readonly seed: number;
  readonly questions: readonly string[];
  readonly values: Readonly<Record<string, NamedValue>>;
  readonly clean: CleanValues | null;
}
