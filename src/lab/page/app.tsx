/** The page: its head, the panels in their areas, and what is read aloud. */

import type { JSX } from "preact";
import { Head } from "./head/head.js";
import { type Area, PANELS } from "./panels.js";
import { Live } from "./parts/live.js";
import "./app.css";

const AREAS: readonly Area[] = ["top", "left", "right", "bottom"];

/** All of it. */
export function App(): JSX.Element {
  return (
    <>
      <Head />
      <main class="areas">
        {AREAS.map((area) => (
          <div key={area} class={`area area-${area}`}>
            {PANELS.filter((panel) => panel.area === area).map(({ name, view: View }) => (
              <View key={name} />
            ))}
          </div>
        ))}
      </main>
      <Live />
    </>
  );
}
