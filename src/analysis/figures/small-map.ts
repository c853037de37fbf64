/** What maps of many small cells have in common. */

import type { FigureSpec } from "./common.js";

/** Axis of a map without lines, its names as small as its cells. */
export const SMALL_AXIS = { domain: false, ticks: false, labelAngle: 0, labelFontSize: 7 } as const;

/** A cell; one without a value is drawn too. */
export const SMALL_CELL = { type: "rect", stroke: "white", strokeWidth: 0.8, invalid: null } as const;

/** Title, size of the cells and data of one map among several. */
export function smallMap(title: string, columnWidth: number, values: readonly object[]): FigureSpec {
  return {
    title: { text: title, fontSize: 8.5, fontWeight: "normal", anchor: "start", offset: 4 },
    width: { step: columnWidth },
    height: { step: 12 },
    data: { values },
  };
}
