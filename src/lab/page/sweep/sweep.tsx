/** The panel `sweep`. */

import type { JSX } from "preact";

/** Shown once there is something to show. */
export function Sweep(): JSX.Element | null {
  return null;
}
