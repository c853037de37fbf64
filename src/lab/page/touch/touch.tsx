/** The panel `touch`. */

import type { JSX } from "preact";

/** Shown once there is something to show. */
export function Touch(): JSX.Element | null {
  return null;
}
