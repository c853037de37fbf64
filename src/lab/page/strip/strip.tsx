/** The panel `strip`. */

import type { JSX } from "preact";

/** Shown once there is something to show. */
export function Strip(): JSX.Element | null {
  return null;
}
