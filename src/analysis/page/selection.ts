/** One level and one latent may be selected; tables, figures and the explorer follow. */

import { button, dropDown, element } from "./dom.js";
import type { PageData } from "./page-data.js";

/** What is selected; `*` for all. */
export interface Selected {
  readonly level: string;
  readonly latent: string;
}

/** The one place that knows what is selected. */
export class Selection {
  #now: Selected = { level: "*", latent: "*" };
  readonly #listeners: ((selected: Selected) => void)[] = [];

  get now(): Selected {
    return this.#now;
  }

  /** Hears every change, and what is selected now. */
  follow(listener: (selected: Selected) => void): void {
    this.#listeners.push(listener);
    listener(this.#now);
  }

  set(change: Partial<Selected>): void {
    this.#now = { ...this.#now, ...change };
    for (const listener of this.#listeners) listener(this.#now);
  }

  /** Selects; what is selected already is let go. */
  toggle(change: Partial<Selected>): void {
    const isSame = Object.entries(change).every(([key, value]) => this.#now[key as keyof Selected] === value);
    this.set(isSame ? Object.fromEntries(Object.keys(change).map((key) => [key, "*"])) : change);
  }
}

/** @returns the bar with both drop-downs and what is said of the selection. */
export function selectionBar(data: PageData, selection: Selection): HTMLElement {
  const levels = [["*", "all"] as const, ...data.levels.map((level) => [level, level] as const)];
  const latents = Array.from({ length: data.latents }, (_, k) => [String(k), String(k)] as const);
  const level = dropDown("Level", levels, (value) => selection.set({ level: value }));
  const latent = dropDown("Latent", [["*", "all"], ...latents], (value) => selection.set({ latent: value }));
  const clear = button("Show all", () => selection.set({ level: "*", latent: "*" }));
  const said = element("output", { "aria-live": "polite" });
  selection.follow((selected) => {
    level.select.value = selected.level;
    latent.select.value = selected.latent;
    clear.disabled = selected.level === "*" && selected.latent === "*";
    said.textContent = data.selections[`${selected.level}|${selected.latent}`] ?? "";
  });
  return element(
    "div",
    { class: "bar", role: "group", "aria-label": "Selection" },
    level.whole,
    latent.whole,
    clear,
    said,
  );
}

/** Hides the rows of tables that are of another level or latent; rows that are of none stay. */
export function filterTables(selection: Selection): void {
  const rows = [...document.querySelectorAll<HTMLTableRowElement>("tr[data-latent], tr[data-level]")];
  selection.follow(({ level, latent }) => {
    for (const row of rows) {
      const { latent: ofLatent = latent, level: ofLevel = level } = row.dataset;
      row.hidden = (latent !== "*" && ofLatent !== latent) || (level !== "*" && ofLevel !== level);
    }
  });
}
