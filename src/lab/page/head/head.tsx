/** The page's head: what it is, the engine, and light or dark. */

import type { JSX } from "preact";
import { TourButton } from "../tour/tour.js";
import { EngineLine } from "./engine-line.js";
import { ThemeSwitch } from "./theme-switch.js";
import "./head.css";

/** Stands above all panels. */
export function Head(): JSX.Element {
  return (
    <header class="head">
      <div class="head-title">
        <h1>CodiLens lab</h1>
        <p class="quiet small">Change a thought by hand, and watch the answer.</p>
      </div>
      <div class="head-tools">
        <TourButton />
        <EngineLine />
        <ThemeSwitch />
      </div>
    </header>
  );
}
