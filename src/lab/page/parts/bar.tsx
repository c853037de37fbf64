/** A share as a bar with its number, for probabilities. */

import type { JSX } from "preact";
import { percent } from "./numbers.js";
import "./parts.css";

/** What a bar shows. */
export interface BarOptions {
  /** From 0 to 1. */
  readonly share: number;
  readonly tone?: "accent" | "edited" | "quiet";
}

/** The bar is for the eye alone; its number stands beside it. */
export function Bar({ share, tone = "accent" }: BarOptions): JSX.Element {
  const width = 100 * Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  return (
    <span class="bar">
      <svg class={`bar-track bar-${tone}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-fill" x="0" y="0" width={width} height="8" />
      </svg>
      <span class="bar-number number">{percent(share)}</span>
    </span>
  );
}
