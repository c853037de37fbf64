/** The panel `cell`. */

import type { JSX } from "preact";

/** Shown once there is something to show. */
export function Cell(): JSX.Element | null {
  return null;
}
