/** Light or dark: what the system says until the reader says otherwise. */

import { button } from "./dom.js";
import type { View } from "./view.js";

/** @returns the switch. */
export function themeSwitch(view: View): HTMLButtonElement {
  const root = document.documentElement;
  const isDark = (): boolean =>
    root.dataset["theme"] === undefined
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : root.dataset["theme"] === "dark";
  const made = button("Dark", () => view.set({ dark: isDark() ? "no" : "yes" }));
  view.follow(({ dark }) => {
    if (dark === undefined) delete root.dataset["theme"];
    else root.dataset["theme"] = dark === "yes" ? "dark" : "light";
    made.setAttribute("aria-pressed", String(isDark()));
  });
  return made;
}
