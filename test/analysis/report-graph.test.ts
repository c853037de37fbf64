/** The graph of a report's page in a real browser: a component is chosen, its edges are listed, and the threshold hides the weak ones. */
// @needs browser, build

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageScript } from "../../src/analysis/report/page-script.js";
import type { Graph } from "../../src/exhibits/graph.js";
import { openBrowser } from "../support/browser.js";

const graph: Graph = {
  about: "Three components.",
  unit: "of the change",
  nodes: ["embedding at number", "MLP 1 at bot", "<b>projection</b> to latent.0"].map((name) => ({
    name,
    group: "all",
  })),
  edges: [
    [1, 2, 0.5],
    [0, 1, 0.1],
    [0, 2, -0.001],
  ],
};
const data = { latents: 0, labBlock: null, layers: [], levels: [], conditions: [], problems: [], fewest: 6 };
const html = `<!doctype html><nav class="rail"></nav><section id="explorer"></section>
<script type="application/json" data-graph>${JSON.stringify(graph).replaceAll("<", "\\u003c")}</script>
<script type="application/json" id="page-data">${JSON.stringify(data)}</script><script>${pageScript()}</script>`;

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await openBrowser();
  page = await browser.newPage();
  await page.setContent(html);
}, 60_000);
afterAll(() => browser.close());

/** Both lists: what the component reads, and who reads it. */
async function lists(): Promise<string[][]> {
  return page.$$eval(".ends > div", (sides) =>
    sides.map((side) => [...side.querySelectorAll("li")].map((each) => each.textContent ?? "")),
  );
}

test("the strongest edge's reader is chosen first, and each neighbour is a button that goes there", async () => {
  expect(await page.locator(".graph select").inputValue()).toBe("2");
  expect(await lists()).toEqual([["MLP 1 at bot 0.500", "embedding at number −0.00100"], []]);
  expect(await page.locator(".graph output").textContent()).toBe("0.0010 of the change: 3 of 3 edges");
  await page.locator(".ends button").first().click();
  expect(await lists()).toEqual([["embedding at number 0.100"], ["<b>projection</b> to latent.0 0.500"]]);
  expect(await page.locator(".ends b").count()).toBe(0);
});

test("the slider leaves out what is weaker", async () => {
  await page.locator(".graph select").selectOption("0");
  expect(await lists()).toEqual([[], ["MLP 1 at bot 0.100", "<b>projection</b> to latent.0 −0.00100"]]);
  await page.locator(".graph input[type=range]").fill("50");
  expect(await lists()).toEqual([[], ["MLP 1 at bot 0.100"]]);
  await page.locator(".graph input[type=range]").fill("100");
  expect(await page.locator(".graph output").textContent()).toBe("0.50 of the change: 1 of 3 edges");
  expect(await lists()).toEqual([[], []]);
});
