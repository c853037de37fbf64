/** The report's script in Chromium: hover and focus, selection, saving, explorer, light and dark, for keyboard and screen reader. */
// @needs build, browser, time

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createCanvas, loadImage } from "canvas";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderFigure } from "../../src/analysis/draw/render.js";
import { analyse, figureSpecs, loadRun } from "../../src/analysis/index.js";
import { buildReport } from "../../src/analysis/report/report.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { packAttention } from "../../src/studies/baseline/packed-attention.js";
import { openBrowser } from "../support/browser.js";
import { madeFolder, madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const TOKENS = ["<s>", "Tom", " has", " 3", " pens", "?", "<bot>"];
const READERS = ["bot", "latent.0", "latent.1", "latent.2", "latent.3", "latent.4", "latent.5", "eot"];
const HEADS = 2;
const KEYS = TOKENS.length + 6;

/** Head 0 of latent k looks at token k + 1 alone, of BOT at token 5, head 1 at the first token alone; EOT looks at latent 3. */
function reading(): string {
  const values = new Float32Array(READERS.length * HEADS * KEYS);
  for (const [reader, name] of READERS.entries()) {
    const key = name === "eot" ? TOKENS.length + 3 : name === "bot" ? 5 : reader;
    values[reader * HEADS * KEYS + key] = 1;
    values[(reader * HEADS + 1) * KEYS] = 1;
  }
  return packAttention(values);
}

function withReading(record: ExperimentRecord): ExperimentRecord {
  if (record.status !== "ok" || record.study !== "baseline") return record;
  const read = { readers: READERS, heads: HEADS, keys: KEYS, packed: reading() };
  const attention = Object.entries(record.attention).map(([layer, each]) => {
    const eot = { headMean: each.eot.headMean, heads: [each.eot.headMean, each.eot.headMean] };
    return [layer, { ...each, eot, reading: read }];
  });
  return { ...record, schema: 3, questionTokens: TOKENS, attention: Object.fromEntries(attention) };
}

let browser: Browser;
let file: string;
const heard: string[] = [];

async function opened(options: Parameters<Browser["newPage"]>[0] = {}, fragment = ""): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  // What the page makes itself, to save it, is no request.
  page.on(
    "request",
    (request) =>
      /^(?:data|blob):/.test(request.url()) || request.url().split("#")[0] === file || heard.push(request.url()),
  );
  await page.goto(`${file}${fragment}`);
  return page;
}

beforeAll(async () => {
  const records = madeRecords({
    problems: 16,
    baselineCorrect: (problem) => problem !== 3,
    broken: (problem, latent) => problem % (latent + 2) === 0,
    attention: (problem, latent, layer) => 0.02 + 0.01 * ((problem * 3 + latent + layer) % 5),
  }).map(withReading);
  const data = loadRun(madeFolder(records));
  const analysis = analyse(data);
  const figures: { name: string; svg: string }[] = [];
  for (const [name, spec] of figureSpecs(analysis)) figures.push({ name, svg: (await renderFigure(spec)).svg });
  const path = join(temporaryFolder("codilens-page-"), "report.html");
  writeFileSync(path, buildReport({ ...analysis, figures }));
  file = `file://${path}`;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens what is folded, all at once. */
async function openAll(page: Page): Promise<void> {
  await page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })");
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return (await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")))`,
  )) as string[];
}

describe.skipIf(isWithout("browser"))("the report's script", () => {
  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 800],
  ] as const)("axe finds no violation in %s at %i px, and the page stays silent", async (colorScheme, width) => {
    const page = await opened({ colorScheme, viewport: { width, height: 900 } });
    await openAll(page);
    expect(await violations(page)).toEqual([]);
    await page.close();
    expect(heard).toEqual([]);
  });

  test("the switch turns light to dark and back, whatever the system says", async () => {
    const page = await opened({ colorScheme: "dark" });
    const background = (): Promise<unknown> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const dark = await background();
    await page.getByRole("button", { name: "Dark" }).click();
    const light = await background();
    expect([dark, light]).toEqual(["rgb(20, 22, 26)", "rgb(255, 255, 255)"]);
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Dark" }).click();
    expect(await background()).toBe(dark);
    await page.close();
  });

  test("hover and focus say n, interval and the problem; arrow keys go from mark to mark", async () => {
    const page = await opened();
    const tip = page.locator(".tip");
    const first = page.locator('figure[data-name="1_importance_by_position"] [aria-roledescription="bar"]');
    await first.nth(2).hover();
    // Problems 0, 4, 8, 12 break at latent 2; problem 3 had a wrong baseline.
    expect(await tip.textContent()).toBe("latent 2: 4 of 15 broken, 0.27 [0.11, 0.52]");
    await first.nth(0).focus();
    await page.keyboard.press("ArrowRight");
    expect(await tip.textContent()).toMatch(/^latent 1: 5 of 15 broken/);
    await page
      .locator('figure[data-name="2_importance_heatmap"] [aria-label="p3, 5+step, latent 0: baseline wrong"]')
      .hover();
    expect(await tip.textContent()).toBe("p3, 5+step, latent 0: baseline wrong");
    await page.close();
  });

  test("a click on a mark selects its latent and level: other marks, explorer and counts follow; again lets go", async () => {
    const page = await opened();
    const cell = page.locator('figure[data-name="2_importance_heatmap"] [aria-label^="2-step, latent 2:"]');
    await cell.click();
    expect(new URL(page.url()).hash).toBe("#&level=2-step&latent=2");
    expect(
      await page.locator("#explorer").getByLabel("Problem", { exact: true }).locator("option").allTextContents(),
    ).toEqual(["p0", "p4", "p8", "p12"].map((id) => expect.stringContaining(`${id} (2-step)`)));
    expect(await page.locator('figure[data-name="1_importance_by_position"] .other').count()).toBe(5);
    await cell.click();
    expect(new URL(page.url()).hash).toBe("");
    expect(await page.locator(".other").count()).toBe(0);
    await page.getByLabel("Latent", { exact: true }).selectOption("4");
    expect(await page.locator('figure[data-name="1_importance_by_position"] .other').count()).toBe(5);
    await page.getByRole("button", { name: "Show all" }).click();
    expect(await page.locator(".other").count()).toBe(0);
    await page.close();
  });

  test("a level recomputes counts, shares and intervals from the records in the page", async () => {
    const page = await opened();
    const table = page.locator('[aria-label="What breaks right answers"]');
    const row = (): Promise<string[]> => table.locator("tbody tr").nth(2).locator("td").allTextContents();
    // Problems 0, 4, 8, 12 of the 15 right ones break at latent 2; Wilson's interval of 4/15 is [0.1090, 0.5195] (SciPy).
    expect(await row()).toEqual(["one latent zeroed", "latent 2 zeroed", "11 of 16", "4 of 15", "0.27 [0.11, 0.52]"]);
    await page.getByLabel("Level", { exact: true }).selectOption("5+step");
    // Problems 3 (baseline wrong), 7, 11, 15: none is a multiple of 4.
    expect(await row()).toEqual([
      "one latent zeroed",
      "latent 2 zeroed",
      "3 of 4",
      "0 of 3",
      "0.00, n = 3: too few to say",
    ]);
    await page.close();
  });

  test("the address holds the view, a sent address shows it, and Back and Forward lead through it", async () => {
    const page = await opened(
      {},
      "#study-attention&level=3-step&problem=p5&layer=8&head=1&from=eot&sort=by-latent.2.down&dark=yes",
    );
    const view = page.locator("#explorer");
    expect(await view.locator("h3").textContent()).toBe("p5 (3-step)");
    expect(await view.getByLabel("Layer", { exact: true }).inputValue()).toBe("8");
    expect(await view.getByLabel("Head", { exact: true }).inputValue()).toBe("1");
    expect(await view.getByLabel("From", { exact: true }).inputValue()).toBe("eot");
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
    const top = await page.evaluate("document.getElementById('study-attention').getBoundingClientRect().top");
    expect(Math.abs(Number(top))).toBeLessThan(120);
    expect(await page.locator('[aria-label="By latent"] th[aria-sort]').textContent()).toMatch(/^rate/);
    await view.getByRole("button", { name: "Next" }).click();
    expect(page.url()).toContain("problem=p9");
    await page.goBack();
    expect(await view.locator("h3").textContent()).toBe("p5 (3-step)");
    await page.goForward();
    expect(await view.locator("h3").textContent()).toBe("p9 (3-step)");
    await page.close();
  });

  test("the contents stand beside a wide page with the section in view marked, and fold on a narrow one", async () => {
    const page = await opened();
    const rail = page.locator("nav.rail");
    expect(await rail.getByRole("link", { name: "Caveats" }).isVisible()).toBe(true);
    await rail.getByRole("link", { name: "Does attention" }).click();
    expect(page.url()).toContain("#study-attention");
    await page.waitForFunction("document.querySelector('nav.rail [aria-current]')?.hash === '#study-attention'");
    await page.setViewportSize({ width: 800, height: 900 });
    await page.waitForFunction("!document.querySelector('nav.rail details').open");
    await rail.locator("summary").click();
    expect(await rail.getByRole("link", { name: "Caveats" }).isVisible()).toBe(true);
    await page.close();
  });

  test("tables sort by a column in both directions, are searched, and saved as shown", async () => {
    const page = await opened();
    await page.locator("#study-importance summary").first().click();
    await page.locator("#study-importance summary").nth(1).click();
    const first = (): Promise<string[]> =>
      page.locator('[aria-label="By latent"] tbody tr td:first-child').allTextContents();
    const head = page.locator('[aria-label="By latent"] th').nth(2).getByRole("button");
    await head.click();
    expect(await first()).toEqual(["4", "5", "2", "3", "1", "0"]);
    await head.click();
    expect(await first()).toEqual(["0", "1", "2", "3", "4", "5"]);
    await head.click();
    expect(page.url()).not.toContain("sort=");
    await page.getByLabel("Search By level and latent").fill("5+step");
    expect(await page.locator('[aria-label="By level and latent"] tbody tr:visible').count()).toBe(6);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save CSV: By level and latent" }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\r\n");
    expect(lines[0]).toBe("level,latent,broken,rate [95 %]");
    expect(lines.length).toBe(7);
    await page.close();
  });

  test.each([1280, 800, 360])("at %i px no cell is cut, and a long table keeps its head in view", async (width) => {
    const page = await opened({ viewport: { width, height: 900 } });
    await openAll(page);
    const cut = await page
      .locator("main .scroll:not([data-keep])")
      .evaluateAll((boxes) =>
        boxes.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.getAttribute("aria-label")),
      );
    expect(cut).toEqual([]);
    const sticky = await page
      .locator("main .scroll thead th")
      .first()
      .evaluate((head) => getComputedStyle(head).position);
    expect(sticky).toBe("sticky");
    await page.close();
  });

  test("in the dark the figures are dark, and what is saved of them stays light", async () => {
    const page = await opened({ colorScheme: "dark" });
    const corner = async (): Promise<number> => {
      const shot = await page.locator('figure[data-name="1_importance_by_position"] .paper').screenshot();
      const image = await loadImage(shot);
      const canvas = createCanvas(image.width, image.height);
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.getContext("2d").getImageData(6, 6, 1, 1).data[0] ?? 255;
    };
    expect(await corner()).toBeLessThan(40);
    await page.getByRole("button", { name: "Dark" }).click();
    expect(await corner()).toBe(255);
    await page.close();
  });

  test("the explorer has every head and every recorded layer as a picture, and compares two runs", async () => {
    const page = await opened();
    const view = page.locator("#explorer");
    const tiles = (name: string): Promise<string[]> => view.locator(`[aria-label="${name}"] button`).allTextContents();
    expect(await tiles("Heads")).toEqual(["mean of all", "head 0", "head 1"]);
    expect(await tiles("Layers")).toEqual(["layer 4", "layer 8", "layer 14"]);
    await view.locator('[aria-label="Heads"] button').nth(2).click();
    expect(page.url()).toContain("head=1");
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("head 1");
    // Head 1 looks at BOS alone: it is shown and named, and the colours leave it out.
    const matrix = view.locator(".matrix");
    expect(await matrix.locator("tbody th").allTextContents()).toEqual([
      "BOS",
      "Tom",
      "␣has",
      "␣3",
      "␣pens",
      "?",
      "BOT",
      ...[0, 1, 2, 3, 4, 5].map((k) => `latent ${k}`),
    ]);
    expect(await matrix.locator("tbody tr").first().locator("td").allTextContents()).toEqual(Array(8).fill("1.00"));
    expect(await view.getByText("BOS, where heads look that need nothing, takes up to 1.00").isVisible()).toBe(true);
    expect(await view.locator(".pair mark").allTextContents()).toEqual(["7", "8"]);
    await view.getByLabel("Right", { exact: true }).selectOption("baseline");
    expect(await view.locator(".pair mark").count()).toBe(0);
    await page.close();
  });

  test("the keyboard alone selects by Enter and lets go by Escape", async () => {
    const page = await opened();
    await page.locator('figure[data-name="1_importance_by_position"] [aria-roledescription="bar"]').first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    expect(page.url()).toContain("latent=1");
    await page.keyboard.press("Escape");
    expect(page.url()).not.toContain("latent");
    await page.close();
  });

  test("the explorer colours the question's tokens by layer, head and reader, as the records hold them", async () => {
    const page = await opened();
    const shares = (): Promise<unknown> =>
      page
        .locator(".tokens .token")
        .evaluateAll((spans) => spans.map((span) => (span as HTMLElement).style.getPropertyValue("--share")));
    const view = page.locator("#explorer");
    expect(await page.locator(".tokens").textContent()).toBe("BOSTom has 3 pens?BOT");
    await view.getByLabel("Head", { exact: true }).selectOption("0");
    await view.getByLabel("From", { exact: true }).selectOption("latent.2");
    expect(await shares()).toEqual(["0", "0", "0", "1", "0", "0", "0"]);
    expect(await view.locator(".tokens + p").textContent()).toContain(
      "Attention from latent 2, darkest = 1.000 outside BOS",
    );
    expect(await view.locator(".tokens + p").textContent()).toContain("“␣3” 1.00");
    await view.getByLabel("Head", { exact: true }).selectOption("");
    expect(await view.locator(".tokens + p").textContent()).toContain("darkest = 0.500");
    await view.getByLabel("From", { exact: true }).selectOption("eot");
    expect(await view.locator(".tokens + p").textContent()).toContain("Attention from EOT");
    expect(await view.locator(".tokens + p").textContent()).toContain("On latents: 0.50");
    await view.getByLabel("From", { exact: true }).selectOption("bot");
    await view.getByLabel("Head", { exact: true }).selectOption("0");
    expect(await shares()).toEqual(["0", "0", "0", "0", "0", "1", "0"]);
    expect(await view.locator(".tokens + p").textContent()).toContain("Attention from BOT");
    await page.close();
  });

  test("the explorer shows what each ablation changed, and steps through the problems", async () => {
    const page = await opened();
    const view = page.locator("#explorer");
    expect(await view.locator("h3").textContent()).toBe("p0 (2-step)");
    expect(await view.locator('[aria-label="Answers"] mark').allTextContents()).toEqual(Array(6).fill("8"));
    await view.getByRole("button", { name: "Next" }).click();
    expect(await view.locator("h3").textContent()).toBe("p1 (3-step)");
    expect(await view.locator('[aria-label="Answers"] mark').count()).toBe(0);
    await page.locator('[aria-label="p3, 5+step, latent 0: baseline wrong"]').click();
    expect(await view.locator("h3").textContent()).toBe("p3 (5+step)");
    await page.close();
  });

  test("a figure is saved as SVG and PNG as it was drawn, whatever is selected", async () => {
    const page = await opened();
    await page.getByLabel("Latent", { exact: true }).selectOption("4");
    const figure = page.locator('figure[data-name="1_importance_by_position"]');
    const saved: Buffer[] = [];
    for (const kind of ["SVG", "PNG"]) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        figure.getByRole("button", { name: `Save ${kind}` }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`1_importance_by_position.${kind.toLowerCase()}`);
      saved.push(readFileSync(await download.path()));
    }
    const [svg, png] = saved;
    expect(svg?.toString("utf8")).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg?.toString("utf8")).not.toMatch(/class="[^"]*other|tabindex/);
    const { width } = (await figure
      .locator("svg")
      .evaluate((each) => (each as SVGSVGElement).viewBox.baseVal.width)
      .then((w) => ({ width: w }))) as { width: number };
    expect(png?.subarray(1, 4).toString()).toBe("PNG");
    expect(png?.readUInt32BE(16)).toBe(Math.ceil(width * 4));
    await page.close();
  });

  test.each([1280, 800, 360])("nothing is wider than the page at %i px", async (width) => {
    const page = await opened({ viewport: { width, height: 900 } });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    await page.close();
  });

  test("where rows are blocks, each cell says its column", async () => {
    const page = await opened({ viewport: { width: 360, height: 900 } });
    const [cells, unnamed] = (await page.evaluate(`(() => {
      const inBlocks = [...document.querySelectorAll("td")].filter((each) => getComputedStyle(each).display === "grid");
      return [inBlocks.length, inBlocks.filter(({ dataset }) => !dataset.label).map((each) => each.textContent)];
    })()`)) as [number, string[]];
    expect(unnamed).toEqual([]);
    expect(cells).toBeGreaterThan(100);
    expect(await page.locator('[data-table="head-says"] td').first().getAttribute("data-label")).toBe("BOT");
    await page.close();
  });

  test("without script the page is whole, with nothing in it that does not work", async () => {
    const page = await opened({ javaScriptEnabled: false });
    expect(await page.locator("button, select, .bar").count()).toBe(0);
    expect(await page.locator("#explorer").isVisible()).toBe(false);
    expect(await page.locator("figure svg").count()).toBe(4);
    expect(await page.locator('[aria-label="By latent"] tbody tr').count()).toBe(6);
    await page.close();
  });

  test("nothing was said on the console and nothing was asked for in all of this", () => expect(heard).toEqual([]));
});
