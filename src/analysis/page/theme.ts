/** Light or dark: what the system says until the reader says otherwise. */

import { button } from "./dom.js";

/** @returns the switch. */
export function themeSwitch(): HTMLButtonElement {
  const root = document.documentElement;
  const isDark = (): boolean =>
    root.dataset["theme"] === undefined
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : root.dataset["theme"] === "dark";
  const made = button("Dark", () => {
    root.dataset["theme"] = isDark() ? "light" : "dark";
    made.setAttribute("aria-pressed", String(isDark()));
  });
  made.setAttribute("aria-pressed", String(isDark()));
  return made;
}
