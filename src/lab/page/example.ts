/** The example that was computed when the page was built: it is on show, and plays, until the engine is there. */

import type { CleanView, RunView } from "../session/types.js";
import { clean, edited, isLive, lab } from "./state.js";
import { play } from "./strip/play.js";

/** `example.json` beside the page. */
export interface Example {
  readonly clean: CleanView;
  /** The same question with one latent zeroed. */
  readonly run: RunView;
}

const EDIT_AFTER_MS = 2500;

/** Shows it where the page's question is its own and nothing was computed yet. */
export async function showExample(): Promise<void> {
  const response = await fetch("./example.json");
  if (!response.ok || clean.value !== null) return;
  const example = (await response.json()) as Example;
  if (clean.value !== null || example.clean.question !== lab.value.question) return;
  clean.value = example.clean;
  play(example.clean.latents.length + 3);
  setTimeout(() => {
    // Once the engine is there, what is on show is what one did oneself.
    if (!isLive.value && clean.value === example.clean && lab.value.edits.length === 0) edited.value = example.run;
  }, EDIT_AFTER_MS);
}
