/** Where each panel stands. A panel is one folder; nothing else has to know of it. */

import type { ComponentType } from "preact";
import { Attention } from "./attention/attention.js";
import { Cell } from "./cell/cell.js";
import { FailureFace } from "./failure/failure.js";
import { Own } from "./own/own.js";
import { Question } from "./own/question.js";
import { Strip } from "./strip/strip.js";
import { Sweep } from "./sweep/sweep.js";
import { Touch } from "./touch/touch.js";
import { Tour } from "./tour/tour.js";

/** A part of the page's grid: `top` and `bottom` run over its whole width, `left` and `right` stand beside each other where there is room. */
export type Area = "top" | "left" | "right" | "bottom";

/** A mounted panel. */
export interface Mounted {
  readonly name: string;
  readonly area: Area;
  readonly view: ComponentType;
}

/** All panels, in the order in which they are read. */
export const PANELS: readonly Mounted[] = [
  { name: "failure", area: "top", view: FailureFace },
  { name: "question", area: "top", view: Question },
  { name: "strip", area: "top", view: Strip },
  { name: "touch", area: "left", view: Touch },
  { name: "cell", area: "right", view: Cell },
  { name: "sweep", area: "left", view: Sweep },
  { name: "attention", area: "right", view: Attention },
  { name: "own", area: "bottom", view: Own },
  { name: "tour", area: "bottom", view: Tour },
];
