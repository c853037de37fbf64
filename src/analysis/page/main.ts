/** Starts the page's script. Without it the page is whole, but does not answer. */

import { explorer } from "./explorer.js";
import { liveFigures } from "./figures.js";
import type { PageData } from "./page-data.js";
import { filterTables, Selection, selectionBar } from "./selection.js";
import { themeSwitch } from "./theme.js";

function start(): void {
  const block = document.getElementById("page-data");
  const place = document.getElementById("explorer");
  if (block === null || place === null) return;
  const data = JSON.parse(block.textContent ?? "") as PageData;
  const selection = new Selection();
  const open = explorer(place, data, selection);
  place.hidden = false;
  const bar = selectionBar(data, selection);
  bar.append(themeSwitch());
  bar.classList.add("top");
  document.querySelector("main")?.prepend(bar);
  filterTables(selection);
  liveFigures(data, selection, (problem) => {
    open(problem);
    place.scrollIntoView({ block: "start" });
  });
}

start();
