/** What does each latent say? The head's first choice at BOT and after each latent of the baseline, which is always read: no condition of its own. */

import type { Study } from "../study.js";
import { makeTunedLens } from "./after-run.js";
import { layerLenses, lensWork } from "./read.js";
import { story } from "./story.js";
import { TUNED_LENS_FILE } from "./tuned/tuned-file.js";

/** The study; its numbers come from the baseline's records. */
export const lens: Study = {
  ...story,
  conditions: [],
  read: layerLenses,
  readWork: lensWork,
  afterRun: { file: TUNED_LENS_FILE, make: makeTunedLens },
};
