/** What happened and what to do, where something failed: reads `failure` of `state.ts`. */

import type { JSX } from "preact";

/** Stands at the top of the page while there is a failure. */
export function FailureFace(): JSX.Element | null {
  return null;
}
