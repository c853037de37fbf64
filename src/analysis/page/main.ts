/** Starts the page's script. Without it the page is whole, but does not answer. */

import { liveContents } from "./contents.js";
import { button, dropDown, element, setOptions } from "./dom.js";
import { explorer } from "./explorer.js";
import { liveFigures } from "./figures.js";
import { liveGraphs } from "./graph.js";
import type { PageData } from "./page-data.js";
import { liveTables } from "./tables.js";
import { themeSwitch } from "./theme.js";
import { View } from "./view.js";

function start(): void {
  const block = document.getElementById("page-data");
  const place = document.getElementById("explorer");
  if (block === null || place === null) return;
  const data = JSON.parse(block.textContent ?? "") as PageData;
  const view = new View();
  place.hidden = false;
  // Tables may become blocks once their cells say their columns.
  document.documentElement.dataset["live"] = "";
  const open = explorer(place, data, view);
  document.querySelector("nav.rail")?.append(selectionBar(data, view));
  liveGraphs();
  liveTables(view);
  liveFigures(data, view, (problem) => {
    open(problem);
    place.scrollIntoView({ block: "start" });
  });
  liveContents(view);
}

/** What holds for the whole page: the latent that is marked, and light or dark. */
function selectionBar(data: PageData, view: View): HTMLElement {
  const latent = dropDown("Latent", (chosen) => view.set({ latent: chosen }));
  const clear = button("Show all", () => view.set({ level: undefined, latent: undefined }));
  view.follow((state) => {
    const each = Array.from({ length: data.latents }, (_, k) => ({ value: String(k), text: String(k) }));
    setOptions(latent.select, [{ value: "", text: "all" }, ...each], state.latent ?? "");
    clear.disabled = state.level === undefined && state.latent === undefined;
  });
  return element(
    "div",
    { class: "bar", role: "group", "aria-label": "View" },
    ...(data.latents === 0 ? [] : [latent.whole, clear]),
    themeSwitch(view),
  );
}

start();
