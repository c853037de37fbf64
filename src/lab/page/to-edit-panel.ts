/** Goes to the edit panel, set to a place. */

import type { EditTarget } from "../edits/edit.js";
import { targetText } from "../edits/targets.js";
import { aim } from "./draft.js";
import { announce } from "./parts/live.js";
import { names } from "./state.js";

/** The next edit is for this place; the focus stands at what can be done there. */
export function toEditPanel(target: EditTarget): void {
  aim(target);
  announce(`The next edit is for ${targetText(target, names.value)}.`);
  document.querySelector<HTMLElement>('[data-panel="touch"] .touch-operations button')?.focus();
}
