/** The page in Chromium, as any static server gives it: silent, within its policy, accessible, and live. */
// @needs build, browser, time

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
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
  test.each([
    ["light", 1280],
    ["dark", 360],
  ] as const)("axe finds no violation in %s at %i px, and nothing is heard", async (colorScheme, width) => {
    // While the example plays, thoughts that are still to come are faint.
    const page = await lab.open({ colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" });
    await page.locator(".thought").first().waitFor();
    expect(await lab.violations(page)).toEqual([]);
    await page.close();
    expect(lab.heard).toEqual([]);
  });

  test("never scrolls sideways, from 360 to 1920 px", async () => {
    const page = await lab.open();
    for (const width of [360, 480, 800, 1000, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await page.evaluate("document.documentElement.scrollWidth - innerWidth")]).toEqual([width, 0]);
    }
    await page.close();
  });

  test("shows the precomputed example before there is an engine, and the engine computes the same", async () => {
    const page = await lab.open({ live: false });
    await page.route("**/model.safetensors", () => undefined);
    await page.reload();
    await page.locator(".thought").nth(5).waitFor();
    expect(await page.locator("[data-phase]").getAttribute("data-phase")).not.toBe("ready");
    const shown = await page.locator(".thought").allTextContents();
    await page.close();
    const live = await lab.open();
    const view = await lab.call<CleanView>(live, "open", { question: FIRST_QUESTION });
    expect(await live.locator(".thought").allTextContents()).toEqual(shown);
    expect(view.latents.slice(0, 3).map(({ words: [best] }) => best?.text)).toEqual(["49", "40", "31"]);
    await live.close();
    expect(lab.heard).toEqual([]);
  });

  test("the keyboard alone goes through the strip and opens a cell, and the address of the focus is one stop of Tab", async () => {
    const page = await lab.open();
    await page.locator(".thought").first().waitFor();
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
