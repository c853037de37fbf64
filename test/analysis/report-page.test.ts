/** The report's script in Chromium: hover and focus, selection, saving, explorer, light and dark, for keyboard and screen reader. */
// @needs build, browser, time

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
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

async function opened(options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  // What the page makes itself, to save it, is no request.
  page.on(
    "request",
    (request) => /^(?:data|blob):/.test(request.url()) || request.url() === file || heard.push(request.url()),
  );
  await page.goto(file);
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

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return (await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")))`,
  )) as string[];
}

describe.skipIf(isWithout("browser"))("the report's script", () => {
  test.each(["light", "dark"] as const)(
    "axe finds no violation in %s, and the page stays silent",
    async (colorScheme) => {
      const page = await opened({ colorScheme });
      for (const each of await page.locator("details > summary").all()) await each.click();
      expect(await violations(page)).toEqual([]);
      await page.close();
      expect(heard).toEqual([]);
    },
  );

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

  test("a click on a mark selects its latent and level: tables, other marks, sentence and explorer follow; again lets go", async () => {
    const page = await opened();
    const rows = (): Promise<(string | null)[]> =>
      page.locator('[aria-label="By latent"] tbody tr:visible td:first-child').allTextContents();
    expect(await rows()).toEqual(["0", "1", "2", "3", "4", "5"]);
    const cell = page.locator('figure[data-name="2_importance_heatmap"] [aria-label^="2-step, latent 2:"]');
    await cell.click();
    expect(await rows()).toEqual(["2"]);
    expect(await page.locator('[aria-label="By level"] tbody tr:visible td:first-child').allTextContents()).toEqual([
      "2-step",
    ]);
    expect(await page.locator("output").textContent()).toBe(
      "2-step, latent 2: 4 of 4 right answers broken (1.00, n = 4: too few to say).",
    );
    expect(await page.locator("#explorer select").first().locator("option").allTextContents()).toEqual(
      ["p0", "p4", "p8", "p12"].map((id) => expect.stringContaining(`${id} (2-step)`)),
    );
    expect(await page.locator('figure[data-name="1_importance_by_position"] .other').count()).toBe(5);
    await cell.click();
    expect(await rows()).toHaveLength(6);
    await page.getByLabel("Latent", { exact: true }).selectOption("4");
    expect(await rows()).toEqual(["4"]);
    await page.getByRole("button", { name: "Show all" }).click();
    expect(await rows()).toHaveLength(6);
    await page.close();
  });

  test("the keyboard alone selects by Enter and lets go by Escape", async () => {
    const page = await opened();
    await page.locator('figure[data-name="1_importance_by_position"] [aria-roledescription="bar"]').first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    expect(await page.locator("output").textContent()).toMatch(/^All levels, latent 1: 5 of 15/);
    await page.keyboard.press("Escape");
    expect(await page.locator("output").textContent()).toMatch(/^All levels: 15 of 16 right/);
    await page.close();
  });

  test("the explorer colours the question's tokens by layer, head and reader, as the records hold them", async () => {
    const page = await opened();
    const shares = (): Promise<unknown> =>
      page
        .locator(".tokens .token")
        .evaluateAll((spans) => spans.map((span) => (span as HTMLElement).style.getPropertyValue("--share")));
    const view = page.locator("#explorer");
    expect(await page.locator(".tokens").textContent()).toBe(TOKENS.join(""));
    await view.getByLabel("Head", { exact: true }).selectOption("0");
    await view.getByLabel("From", { exact: true }).selectOption("latent.2");
    expect(await shares()).toEqual(["0", "0", "0", "1", "0", "0", "0"]);
    expect(await view.locator(".tokens + p").textContent()).toContain("Attention from latent 2, darkest = 1.000");
    expect(await view.locator(".tokens + p").textContent()).toContain("“3” 1.00");
    await view.getByLabel("Head", { exact: true }).selectOption("mean");
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
    expect(await view.locator("mark").allTextContents()).toEqual(Array(6).fill("8"));
    await view.getByRole("button", { name: "Next" }).click();
    expect(await view.locator("h3").textContent()).toBe("p1 (3-step)");
    expect(await view.locator("mark").count()).toBe(0);
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

  test.each([1280, 400])("nothing is wider than the page at %i px", async (width) => {
    const page = await opened({ viewport: { width, height: 900 } });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
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
