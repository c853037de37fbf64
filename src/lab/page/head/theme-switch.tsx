/** Light or dark, whatever the system says. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "../parts/button.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const dark = signal(system.matches);
let chosen = false;

system.addEventListener("change", ({ matches }) => {
  if (!chosen) dark.value = matches;
});

/** A switch; nothing is kept, for the page keeps nothing. */
export function ThemeSwitch(): JSX.Element {
  const turn = (): void => {
    chosen = true;
    dark.value = !dark.value;
    document.documentElement.dataset["theme"] = dark.value ? "dark" : "light";
  };
  return (
    <Button onClick={turn} pressed={dark.value} look="quiet">
      Dark
    </Button>
  );
}
