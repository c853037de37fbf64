/** The panel `attention`. */

import type { JSX } from "preact";

/** Shown once there is something to show. */
export function Attention(): JSX.Element | null {
  return null;
}
