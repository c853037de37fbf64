/** The report as a reader meets it: in Chromium, without network, at two widths, in light and dark, on paper. */
// @needs build, browser, time

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderFigure } from "../../src/analysis/draw/render.js";
import { type Analysis, analyse, figureSpecs, loadRun, type Summary } from "../../src/analysis/index.js";
import { mainFindings } from "../../src/analysis/main/findings.js";
import { sentences } from "../../src/analysis/main/sentences.js";
import { difference } from "../../src/analysis/report/problems.js";
import { buildReport } from "../../src/analysis/report/report.js";
import { openBrowser } from "../support/browser.js";
import { type MadeRun, madeFolder, madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const hostile = `</script></details></main><script>document.title="owned"</script><img src=x onerror="document.title='owned'"> \u202Eevil\u202C \u001b[31m ${"w".repeat(300)}`;
const run: MadeRun = {
  problems: 24,
  baselineCorrect: (problem) => problem % 7 !== 3,
  broken: (problem, latent) => (problem * 7 + latent * 3) % (5 + latent) === 0,
  attention: (problem, latent, layer) => 0.05 + 0.04 * Math.sin(problem * 1.7 + latent * 2.3 + layer),
  question: () => hostile,
};

function read(made: MadeRun): Analysis {
  return analyse(loadRun(madeFolder(madeRecords(made))));
}

async function pageFile(analysis: Analysis): Promise<string> {
  const figures: { name: string; svg: string }[] = [];
  for (const [name, spec] of figureSpecs(analysis)) figures.push({ name, svg: (await renderFigure(spec)).svg });
  const path = join(temporaryFolder("codilens-report-"), "report.html");
  writeFileSync(path, buildReport({ ...analysis, figures }));
  return path;
}

describe.skipIf(isWithout("browser"))("report.html in Chromium", () => {
  let browser: Browser;
  let page: Page;
  const heard: string[] = [];
  beforeAll(async () => {
    const { data, summary, findings } = read(run);
    const nasty = {
      ...data,
      model: hostile,
      command: `codilens ${hostile}`,
      versions: { [hostile]: hostile },
      notices: [hostile],
      failed: [{ problemId: hostile, condition: hostile, message: hostile }],
      problems: data.problems.map((problem) => ({
        ...problem,
        id: hostile,
        difficulty: hostile,
        baseline: hostile,
        lens: Array(7).fill(hostile),
        ablated: problem.ablated.map((each) => ({ ...each, answer: `${hostile} ${each.latent}` })),
      })),
    };
    const marked: Summary = {
      ...summary,
      model: hostile,
      notices: [hostile],
      protocol: "seed",
      protocolNote: hostile,
    };
    const main = mainFindings({ data: nasty, summary: marked });
    const path = await pageFile({ data: nasty, summary: marked, main, findings });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => heard.push(message.text()));
    page.on("pageerror", (error) => heard.push(String(error)));
    page.on("request", (request) => request.url() === `file://${path}` || heard.push(request.url()));
    await page.goto(`file://${path}`);
  });
  afterAll(() => browser?.close());

  test("four figures, ten problems, every hostile text shown as text: nothing ran, nothing was asked for", async () => {
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
    expect(await page.locator("figure svg").count()).toBe(4);
    // The contents, the folded tables, and ten problems.
    expect(await page.locator("details:not([open])").count()).toBe(0);
    expect(await page.locator("#sample details").count()).toBe(11);
    // Links lead into the page itself, or to the lab on this machine.
    const own = "[href^='#'], [href^='http://127.0.0.1:8484/#1&q=']";
    expect(await page.locator(`img, iframe, link, a:not(${own})`).count()).toBe(0);
    expect(await page.locator("script").count()).toBe(2);
    expect(await page.locator("main").count()).toBe(1);
    expect(await page.title()).toContain("</script>");
    const body = (await page.locator("body").textContent()) ?? "";
    expect(body).toContain("\\u{202e}evil\\u{202c} \\u{1b}[31m");
    for (const control of ["\u202e", "\u202c", "\u001b"]) expect(body).not.toContain(control);
    expect(heard).toEqual([]);
  });

  test("the policy forbids all but this style sheet: an injected script or style does not run", async () => {
    const other = await browser.newPage();
    await other.goto(page.url());
    expect(
      await other.evaluate(`(() => {
        document.body.insertAdjacentHTML("beforeend", "<style>main{display:none}</style>");
        const script = document.createElement("script");
        script.textContent = "document.title = 'owned'";
        document.body.append(script);
        return [document.title === "owned", getComputedStyle(document.querySelector("main")).display];
      })()`),
    ).toEqual([false, "block"]);
    await other.close();
  });

  test.each([1280, 800, 360])("nothing is wider than the page at %i px, the problems open", async (width) => {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    const cut = await page.evaluate(`[...document.querySelectorAll("svg.small text")].filter((each) => {
      const { x, width } = each.getBBox();
      return x < 0 || x + width > each.ownerSVGElement.viewBox.baseVal.width;
    }).map((each) => each.textContent)`);
    expect(cut).toEqual([]);
  });

  test("no two elements share an id, and every reference inside a figure finds its own", async () => {
    const [ids, lost] = (await page.evaluate(`(() => {
      const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
      document.querySelectorAll("script").forEach((script) => script.remove());
      const used = [...document.documentElement.outerHTML.matchAll(/url\\(#([^)]+)\\)/g)].map(([, id]) => id);
      return [ids, used.filter((id) => !ids.includes(id))];
    })()`)) as [string[], string[]];
    expect(new Set(ids).size).toBe(ids.length);
    expect(lost).toEqual([]);
  });

  test("text has a contrast of 4.5 or more in light and in dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const contrasts = (await page.evaluate(`(() => {
        const light = (text) => {
          const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const back = (e) => { const c = getComputedStyle(e).backgroundColor; return c === "rgba(0, 0, 0, 0)" ? back(e.parentElement) : c; };
        return ["p", ".meta", ".note strong", ".card p", ".card h2 a", ".rail a", "figcaption", "td", "mark", "pre"].map((selector) => {
          const e = document.querySelector(selector);
          const [a, b] = [light(getComputedStyle(e).color), light(back(e))].sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        });
      })()`)) as number[];
      expect(Math.min(...contrasts), colorScheme).toBeGreaterThanOrEqual(4.5);
    }
    await page.emulateMedia({ colorScheme: null });
  });

  test("on paper there are cards, figures and sentences, and nothing that is folded or for the screen alone", async () => {
    const other = await browser.newPage();
    await other.goto(page.url());
    await other.emulateMedia({ media: "print" });
    expect(await other.locator(".card").first().isVisible()).toBe(true);
    expect(await other.locator("figure svg").first().isVisible()).toBe(true);
    expect(await other.locator("#study-importance > p").first().isVisible()).toBe(true);
    for (const away of ["details", "#explorer", "nav.rail", ".save", ".tools"])
      for (const each of await other.locator(away).all()) expect(await each.isVisible(), away).toBe(false);
    await other.close();
  });
});

describe("buildReport()", () => {
  test("says model, protocol, n, result, intervals, every table, caveats, command and versions", async () => {
    const analysis = read({ ...run, question: (problem) => `question ${problem}` });
    const html = buildReport({ ...analysis, figures: [] });
    for (const part of [
      "protocol codi · n = 24 problems · 6 latents",
      "The model answers 21 of 24 problems right (0.88 [0.69,\u00a00.96])",
      "<summary>By level</summary>",
      "<summary>By latent: counts, shares and tests</summary>",
      "r within position [95 %]",
      "p (Holm)",
      "p from t",
      "<h3>Ten problems</h3>",
      "<h2>Caveats</h2>",
      "<pre>codilens experiment</pre>",
      "CodiLens 0.1.0",
      "MIT licence",
    ])
      expect(html.includes(part), part).toBe(true);
    expect(html).not.toContain("Flawed protocol");
  });

  test("every link of the page leads to something on it, without a right answer too", () => {
    for (const baselineCorrect of [() => true, () => false]) {
      const html = buildReport({ ...read({ problems: 8, baselineCorrect }), figures: [] });
      const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
      const links = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id);
      expect(links).toContain("study-attention");
      expect(links.filter((id) => !ids.has(id))).toEqual([]);
    }
  });

  test("under protocol seed a banner says what is wrong with the loop", () => {
    const { data } = read({ ...run, problems: 4 });
    const seed = { ...data, protocol: "seed", testMode: true } as const;
    const html = buildReport({ ...analyse(seed), figures: [] });
    expect(html).toMatch(/<aside class="note"><p><strong>Flawed protocol: seed<\/strong>.*one layer off/s);
    expect(html).toMatch(/<strong>Test mode<\/strong>/);
  });
});

describe("sentences()", () => {
  test("latents that tie are named together; equal ones are not ranked", () => {
    const tied = sentences(read({ problems: 10, broken: (problem, latent) => latent < 2 && problem < 3 }).summary);
    expect(tied[1]).toBe(
      "Zeroing one of latents 0, 1 breaks 3 of 10 right answers each (0.30 [0.11, 0.60]), the most; zeroing one of latents 2, 3, 4, 5 breaks 0 of 10 right answers each (0.00 [0.00, 0.28]), the fewest.",
    );
    expect(sentences(read({ problems: 10 }).summary)[1]).toBe(
      "Zeroing any one of the 6 latents breaks the same share: 0 of 10 right answers (0.00 [0.00, 0.28]).",
    );
  });

  test("what is not defined is said with its reason", () => {
    expect(sentences(read({ problems: 10 }).summary).slice(2)).toEqual([
      ...[4, 8, 14].map((layer) =>
        expect.stringMatching(`^Layer ${layer}, .* r is not defined \\((attention|importance) is constant\\)`),
      ),
      "Once position is taken out, the correlation is not defined at any layer read here.",
    ]);
    expect(sentences(read({ problems: 10, baselineCorrect: () => false }).summary)).toEqual([
      "The model answers 0 of 10 problems right (0.00 [0.00, 0.28]).",
      "Importance is not defined: no baseline answer was right.",
      "Whether attention goes with importance: too few to say (n = 0 right answers).",
    ]);
  });
});

describe("difference()", () => {
  test.each([
    ["The answer is: 7", "The answer is: 7", "The answer is: 7"],
    ["The answer is: 7", "The answer is: 8", "The answer is: <mark>8</mark>"],
    ["a b c", "a x y c", "a <mark>x y</mark> c"],
    ["a b c", "a b", "a b<mark>(left out)</mark>"],
    ["a", "", "<mark><em>(empty)</em></mark>"],
    ["a", "<b>", "<mark>&lt;b&gt;</mark>"],
    ["a a", "a a a", "a a<mark> a</mark>"],
  ])("from %j to %j: %s", (baseline, answer, marked) => {
    expect(difference(baseline, answer)).toBe(marked);
  });
});
