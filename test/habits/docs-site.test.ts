/** `npm run docs`: the site is complete, every link in it leads somewhere, and it opens from disk without a request to outside. */
// @needs browser, time

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entryPoints, pages } from "../../scripts/docs.mjs";
import { openBrowser } from "../support/browser.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const site = join(temporaryFolder("codilens-site-"), "site");
let made: { status: number | null; stderr: string } = { status: null, stderr: "" };

beforeAll(() => {
  made = spawnSync(process.execPath, ["scripts/docs.mjs", site], { encoding: "utf8" });
});

const htmlFiles = (): string[] =>
  readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((each) => each.endsWith(".html"))
    .map((each) => join(site, each));

describe("the site", () => {
  test("is written without a fault", () => {
    expect([made.status, made.stderr]).toEqual([
      0,
      expect.stringMatching(
        `^codilens: ${pages().length + 1} pages and the API in [\\d.]+ s: .*index\\.html\n$`,
      ) as string,
    ]);
  });

  test("has a page for every page of docs, by its title, and one for every module that the package exports", () => {
    const titles = htmlFiles().map((file) => /<title>(.*?)(?: \| .*)?<\/title>/.exec(readFileSync(file, "utf8"))?.[1]);
    const headings = pages().map((each) => /^# (.+)$/m.exec(readFileSync(each, "utf8"))?.[1]?.replaceAll("`", ""));
    const escaped = headings.map((each) => each?.replaceAll("&", "&amp;").replaceAll("'", "&#39;"));
    expect(escaped.filter((each) => !titles.includes(each))).toEqual([]);
    const modules = entryPoints().map((each) => each.replace(/^src\/|(?:\/index)?\.ts$/g, ""));
    expect(modules.length).toBeGreaterThanOrEqual(2);
    for (const name of modules) expect(titles).toContain(name === "index" ? "codilens" : `codilens/${name}`);
  });

  test("loads nothing from outside, and every link within it is a file that is there", () => {
    for (const file of htmlFiles()) {
      const text = readFileSync(file, "utf8");
      const loaded = [
        ...text.matchAll(/<(?:script|img|source|iframe)\b[^>]*\bsrc="([^"]+)"|<link\b[^>]*\bhref="([^"]+)"/g),
      ];
      expect(loaded.map(([, src, href]) => src ?? href).filter((each) => /^(?:\w+:)?\/\//.test(each ?? ""))).toEqual(
        [],
      );
      const links = [...text.matchAll(/\b(?:href|src)="([^"#?]+)[^"]*"/g)].map(([, target]) => target ?? "");
      const missing = links.filter(
        (each) => !/^[a-z][a-z0-9+.-]*:/i.test(each) && !existsSync(join(dirname(file), decodeURIComponent(each))),
      );
      expect([file, missing]).toEqual([file, []]);
    }
  });
});

describe.skipIf(isWithout("browser"))("opened from disk", () => {
  let browser: Browser;
  let page: Page;
  const outside: string[] = [];
  const said: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
    page.on("request", (request) => !/^(?:file|data|blob):/.test(request.url()) && outside.push(request.url()));
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    await page.goto(pathToFileURL(join(site, "index.html")).href);
  });
  afterAll(() => browser.close());

  test("README leads to the guides, the navigation to the API, the search to a function", async () => {
    await page.locator(".tsd-navigation summary", { hasText: "Guides" }).first().click();
    await page.locator(".tsd-navigation a", { hasText: /^\s*Statistics\s*$/ }).click();
    await page.waitForURL(/Statistics\.html$/);
    expect(await page.locator("h1").first().textContent()).toContain("Statistics");
    await page.locator("a", { hasText: "definitions.md" }).first().click();
    await page.waitForURL(/Definitions\.html$/);
    await page.locator("#tsd-search-trigger").click();
    await page.locator("#tsd-search-input").fill("parseIntervention");
    await page.locator("#tsd-search-results a").first().click();
    await page.waitForURL(/parseIntervention\.html/);
    expect(await page.locator("h1").first().textContent()).toContain("parseIntervention");
  });

  test("and nothing was asked for from outside, and nothing said on the console", () => {
    expect([outside, said]).toEqual([[], []]);
  });
});
