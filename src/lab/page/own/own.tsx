/** Your own: a checkpoint, a trace or a run's records, dropped on the page. */

import type { JSX } from "preact";

/** Stands at the end of the page. */
export function Own(): JSX.Element | null {
  return null;
}
