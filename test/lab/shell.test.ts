/** The page in Chromium, as any static server gives it: silent, within its policy, accessible, and live. */
// @needs build, browser, time

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FIRST_QUESTION } from "../../src/lab/page/first.js";
import type { CleanView } from "../../src/lab/session/types.js";
import { type Lab, openLab } from "../support/lab.js";
import { isWithout } from "../support/without.js";

let lab: Lab;

beforeAll(async () => {
  if (!isWithout("browser")) lab = await openLab();
});
afterAll(async () => {
  await lab?.close();
});

describe.skipIf(isWithout("browser"))("the folder", () => {
  test("is at most 25 MB with the model, and its page names only relative files and a policy without eval", () => {
    const files = readdirSync(lab.folder, { recursive: true, encoding: "utf8" });
    const sizes = files.map((each) => statSync(join(lab.folder, each))).filter((each) => each.isFile());
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(25e6);
    expect(files.filter((each) => each.endsWith(".map"))).toEqual([]);
    const page = readFileSync(join(lab.folder, "index.html"), "utf8");
    const linked = [...page.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, path = ""]) => path);
    expect(linked.length).toBeGreaterThan(2);
    expect(linked.filter((path) => !/^(?:\.\/assets\/|data:,$)/.test(path))).toEqual([]);
    const [, policy = ""] = /Content-Security-Policy"\s+content="([^"]*)"/.exec(page) ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toMatch(/'unsafe-(?:eval|inline)'|https?:|\*/);
  });

  test("keeps the licences of what it bundles", () => {
    const notices = readFileSync(join(lab.folder, "LICENSES.txt"), "utf8");
    for (const name of ["preact", "@preact/signals", "@tensorflow/tfjs-core", "@huggingface/tokenizers", "zod"])
      expect(notices).toMatch(new RegExp(`^${name} \\d`, "m"));
    expect(notices).toContain("Permission is hereby granted");
  });
});

describe.skipIf(isWithout("browser"))("the page", () => {
  // While the example plays, thoughts that are still to come are faint.
  let page: Page;
  beforeAll(async () => {
    page = await lab.open({ reducedMotion: "reduce" });
    await page.locator(".thought").first().waitFor();
  }, 60_000);

  test("axe finds no violation, light and wide or dark and narrow, and nothing is heard", async () => {
    expect(await lab.violations(page)).toEqual([]);
    const dark = await lab.open({
      colorScheme: "dark",
      viewport: { width: 360, height: 900 },
      reducedMotion: "reduce",
      live: false,
    });
    await dark.locator(".thought").first().waitFor();
    expect(await lab.violations(dark)).toEqual([]);
    await dark.close();
    expect(lab.heard).toEqual([]);
  });

  test("never scrolls sideways, from 360 to 1920 px", async () => {
    for (const width of [360, 480, 800, 1000, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await page.evaluate("document.documentElement.scrollWidth - innerWidth")]).toEqual([width, 0]);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("is dark where the system is, or where the switch says so, and prints on white either way", async () => {
    const ground = (): Promise<string> =>
      page.evaluate("getComputedStyle(document.querySelector('.panel')).backgroundColor");
    const [light, dark] = ["rgb(255, 255, 255)", "rgb(23, 27, 33)"];
    expect(await ground()).toBe(light);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await ground()).toBe(dark);
    await page.emulateMedia({ media: "print" });
    expect(await ground()).toBe(light);
    await page.emulateMedia({ media: "screen", colorScheme: "light" });
    const button = page.getByRole("button", { name: "Dark", exact: true });
    await button.click();
    expect(await ground()).toBe(dark);
    await page.emulateMedia({ media: "print" });
    expect(await ground()).toBe(light);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.quiet')).color")).toBe("rgb(85, 94, 106)");
    await page.emulateMedia({ media: "screen" });
    await button.click();
    expect(await ground()).toBe(light);
  });

  test("shows the precomputed example before there is an engine, and the engine computes the same", async () => {
    const early = await lab.open({ live: false });
    await early.route("**/model.safetensors", () => undefined);
    await early.reload();
    await early.locator(".thought").nth(5).waitFor();
    expect(await early.locator("[data-phase]").getAttribute("data-phase")).not.toBe("ready");
    const shown = await early.locator(".thought").allTextContents();
    await early.close();
    const view = await lab.call<CleanView>(page, "open", { question: FIRST_QUESTION });
    expect(await page.locator(".thought").allTextContents()).toEqual(shown);
    expect(view.latents.slice(0, 3).map(({ words: [best] }) => best?.text)).toEqual(["49", "40", "31"]);
    expect(lab.heard).toEqual([]);
  });

  test("the keyboard alone goes through the strip and opens a cell, and the address of the focus is one stop of Tab", async () => {
    const grid = page.getByRole("grid", { name: "Latents and blocks" });
    expect(await grid.locator('[tabindex="0"]').count()).toBe(1);
    await grid.locator('[tabindex="0"]').focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"])
      await page.keyboard.press(key);
    const focused = (): Promise<string | null> => page.evaluate("document.activeElement.getAttribute('aria-label')");
    expect(await focused()).toMatch(/^Block 1, latent 1: /);
    await page.keyboard.press("Enter");
    expect(await page.locator(".lens-chosen").getAttribute("aria-label")).toMatch(/^Block 1, latent 1: /);
    await page.keyboard.press("PageDown");
    expect(await focused()).toMatch(/^Block 15, latent 1: /);
    await page.keyboard.press("Home");
    expect(await focused()).toMatch(/^Block 15, latent 0: “49”/);
    await page.close();
    expect(lab.heard).toEqual([]);
  });
});
