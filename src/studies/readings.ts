/** What records hold, as numbers one by one: of every run, and study by study. */

import { flowReadings } from "./attention/readings.js";
import { attentionReadings } from "./baseline/readings.js";
import { lensReadings } from "./lens/readings.js";
import { patchingReadings } from "./patching/readings.js";
import { residualReadings } from "./residual/readings.js";
import { knockoutReadings } from "./shared/knockout-readings.js";
import type { Reading } from "./shared/reading.js";
import type { StudyRecord } from "./shared/rows.js";
import { keptReadings, runReadings } from "./shared/run-readings.js";

const READINGS = [
  runReadings,
  attentionReadings,
  flowReadings,
  lensReadings,
  residualReadings,
  knockoutReadings,
  patchingReadings,
  keptReadings,
];

/** What each measure means, by its name. */
export const MEASURES: Readonly<Record<string, string>> = Object.assign(
  {},
  ...READINGS.map(({ measures }) => measures),
);

/** Every number of a record that is a measure. */
export function* readingsOf(record: StudyRecord): Iterable<Reading> {
  for (const { of } of READINGS) yield* of(record);
}
