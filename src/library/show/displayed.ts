/** Runs that a notebook shows by itself. */

import type { RunResult } from "../../model/latent/run-types.js";
import { runView } from "./run-view.js";
import { JUPYTER_DISPLAY } from "./shown.js";
import { knowTexts } from "./texts.js";

/** Lets a notebook ask runs for their view. What prints or copies a run does not see it. @returns the same runs. */
export function displayed<Runs extends readonly RunResult[]>(runs: Runs, textOf: (id: number) => string): Runs {
  for (const run of runs) {
    knowTexts(run, textOf);
    if (Object.isExtensible(run))
      Object.defineProperty(run, JUPYTER_DISPLAY, { value: () => runView(run)[JUPYTER_DISPLAY](), enumerable: false });
  }
  return runs;
}
