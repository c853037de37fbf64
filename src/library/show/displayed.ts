/** Runs that a notebook shows by itself. */

import type { RunResult } from "../../model/latent/run-types.js";
import { runsView, runView } from "./run-view.js";
import { JUPYTER_DISPLAY, type Shown } from "./shown.js";
import { knowTexts } from "./texts.js";

/** Lets a notebook ask runs, and the list of them, for their view. What prints or copies a run does not see it. @returns the same runs. */
export function displayed<Runs extends readonly RunResult[]>(runs: Runs, textOf: (id: number) => string): Runs {
  for (const run of runs) {
    knowTexts(run, textOf);
    attach(run, () => runView(run));
  }
  attach(runs, () => runsView(runs));
  return runs;
}

function attach(result: object, view: () => Shown): void {
  if (Object.isExtensible(result))
    Object.defineProperty(result, JUPYTER_DISPLAY, { value: () => view()[JUPYTER_DISPLAY](), enumerable: false });
}
