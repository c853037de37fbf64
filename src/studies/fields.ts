/** What studies keep in a record, beside what every record has. */

import { z } from "zod";
import { rolloutFields } from "./attention/record.js";
import { attentionFields, NOT_READ, promptFields, saidFields } from "./baseline/record.js";
import { firstTokenMeasures } from "./corruption/record.js";
import { layerLensFields } from "./lens/record.js";
import { residualFields } from "./residual/record.js";
import { knockoutFields } from "./shared/knockout-record.js";
import { attentionMeasures, NOT_MEASURED } from "./token-ablation/record.js";

/** In the order in which it stands there. A study that came later, or comes from outside the package, keeps its fields below `kept`. */
export const recordFields = {
  ...attentionFields,
  ...knockoutFields,
  ...saidFields,
  ...layerLensFields,
  ...promptFields,
  ...rolloutFields,
  ...residualFields,
  /** Study → what it keeps of this run: plain JSON with finite numbers. */
  kept: z.record(z.string(), z.record(z.string(), z.json())).optional(),
};

/** Measures beside those of every record, likewise. */
export const recordMeasures = { ...firstTokenMeasures, ...attentionMeasures };

/** Of a record that holds nothing of what must stand in each. */
export const UNREAD = NOT_READ;
/** Likewise. */
export const UNMEASURED = NOT_MEASURED;

const fieldsSchema = z.strictObject(recordFields);
const measuresSchema = z.strictObject(recordMeasures);

/** The fields as a record has them. */
export type RecordFields = z.infer<typeof fieldsSchema>;

type Some<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };
/** Some of the fields. */
export type StudyFields = Some<RecordFields>;
/** Some of the measures. */
export type StudyMeasures = Some<z.infer<typeof measuresSchema>>;

/** What one study keeps of one run: parts of its record, or what makes that record a failure. */
export type Kept =
  | { readonly fields?: StudyFields; readonly measures?: StudyMeasures }
  | { readonly error: { readonly name: string; readonly message: string } };
