/** Editing by hand in real Chromium: every kind of edit answers as `model.run` does in Node, the address restores it, and one can undo. */
// @needs browser, build, engine, time

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CodiModel } from "../../src/index.js";
import { writeSafetensors } from "../../src/index.js";
import { cleanState, type LabState, PLAIN_VIEW } from "../../src/lab/edits/edit.js";
import { fromFragment, toFragment } from "../../src/lab/edits/fragment/fragment.js";
import { FIRST_EDIT, FIRST_QUESTION } from "../../src/lab/page/first.js";
import { type Lab, openLab } from "../support/lab.js";
import { ASKED, EVERY_KIND, edited } from "../support/lab-edits.js";
import { loadTiny } from "../support/tiny.js";
import { isWithout } from "../support/without.js";

let model: CodiModel;
let lab: Lab;
/** One page for all tests: each goes to a state of its own, as a link does. */
let page: Page;
beforeAll(async () => {
  if (isWithout("browser")) return;
  model = await loadTiny();
  lab = await openLab();
  page = await lab.open({ permissions: ["clipboard-read", "clipboard-write"] });
}, 120_000);
afterAll(async () => {
  if (isWithout("browser")) return;
  model.dispose();
  await lab.close();
  expect(lab.heard).toEqual([]);
});

/** On a machine that does other things, too. */
const SLOWLY = { timeout: 20_000 };

const touch = () => page.locator('[data-panel="touch"]');
const leave = () => page.locator('[data-panel="leave"]');

/** What the address says now. */
async function stateOf(): Promise<LabState> {
  const read = fromFragment(new URL(page.url()).hash);
  if (read.kind !== "state") throw new Error(`The address holds no state: ${page.url()}`);
  return read.state;
}

/** Waits until what is on show is what was set, controls included. */
async function current(): Promise<void> {
  await touch().locator('.result[aria-busy="false"]').waitFor();
  await page.waitForTimeout(250);
  await touch().locator('.result[aria-busy="false"]').waitFor();
}

/** Follows a link to a state. */
async function follow(state: LabState): Promise<void> {
  await page.evaluate((fragment) => (location.hash = fragment), toFragment(state));
}

/** Follows a link to a state with edits, and waits until they are computed. */
async function goTo(state: LabState): Promise<void> {
  await follow(state);
  await current();
}

/** Follows a link to the question without edits. */
async function goToClean(): Promise<void> {
  await follow(edited([]));
  await expect.poll(() => touch().locator(".edit, .result").count(), SLOWLY).toBe(0);
}

/** The part of the saved file that is compared. */
interface Saved {
  readonly run: {
    readonly edited: { readonly answer: { readonly words: readonly { id: number; probability: number }[] } };
  };
}

interface Shown {
  readonly value: string;
  readonly tokens: readonly string[];
  readonly shares: readonly number[];
}

/** A row of the table of answers. */
async function row(name: string): Promise<Shown> {
  const found = touch()
    .locator(".answers tbody tr")
    .filter({ has: page.locator("th", { hasText: name }) })
    .first();
  const shares = await found.locator(".word-share").allTextContents();
  return {
    value: ((await found.locator(".answer-cell").textContent()) ?? "").replace(/ (?:changed|the same)$/, "").trim(),
    tokens: await found.locator(".word-text").allTextContents(),
    shares: shares.map((text) => Number(text.replace(/[<%]/g, "")) / 100),
  };
}

describe.skipIf(isWithout("browser"))("an edit by hand", () => {
  test("of every kind answers in the page as in Node, beside the clean answer and its controls", async () => {
    const clean = await model.run(ASKED);
    for (const { name, state, options } of EVERY_KIND) {
      const wanted = await model.run(ASKED, await options(model));
      await goTo(state);
      for (const [which, run] of [["clean", clean] as const, ["edited", wanted] as const]) {
        const shown = await row(which);
        expect([name, which, shown.value]).toEqual([name, which, String(run.answer.value)]);
        expect([name, which, shown.tokens.length]).toEqual([name, which, run.answer.tokens.length]);
        // What is shown is rounded to whole percents in the middle.
        for (const [i, { logProb }] of run.answer.tokens.entries())
          expect([name, which, i, Math.abs((shown.shares[i] ?? 9) - Math.exp(logProb)) < 0.0051]).toEqual([
            name,
            which,
            i,
            true,
          ]);
      }
      const identity = await row("identity");
      expect([name, identity.value]).toEqual([name, String(clean.answer.value)]);
      expect(await touch().locator(".answers tbody tr").count()).toBeGreaterThanOrEqual(4);
      // The numbers behind what is shown, as they are saved.
      const download = page.waitForEvent("download");
      await leave().getByRole("button", { name: "Save JSON" }).click();
      const { edited: outcome } = (JSON.parse(readFileSync(await (await download).path(), "utf8")) as Saved).run;
      expect([name, outcome.answer.words.map(({ id }) => id)]).toEqual([
        name,
        wanted.answer.tokens.map(({ id }) => id),
      ]);
      for (const [i, { probability }] of outcome.answer.words.entries())
        expect(Math.abs(probability - Math.exp(wanted.answer.tokens[i]?.logProb ?? 9))).toBeLessThan(1e-4);
    }
  }, 240_000);

  test("is restored exactly by the address, and a damaged one leaves the clean state with a sentence", async () => {
    const state = EVERY_KIND.find(({ name }) => name === "several")?.state as LabState;
    await goTo(state);
    const before = [await stateOf(), await touch().locator(".edits").textContent(), await row("edited")];
    expect(before[0]).toEqual(state);
    await page.reload();
    await current();
    expect([await stateOf(), await touch().locator(".edits").textContent(), await row("edited")]).toEqual(before);
    await page.evaluate(() => (location.hash = "1&q=A&e=1:c8.2:explode"));
    await page.getByText('This link cannot be read: "explode" is no operation.').first().waitFor();
    const damaged = await lab.open({ fragment: "1&q=A&e=nonsense", live: false });
    await damaged.getByText("This link cannot be read").first().waitFor();
    await damaged.locator('[data-panel="strip"]').getByText("latent 0").first().waitFor();
    await damaged.close();
  }, 120_000);

  test("is made by the keyboard, stacks, is switched off, moved, undone and done again", async () => {
    await goToClean();
    await touch().getByLabel("after", { exact: true }).selectOption("6");
    await touch().getByLabel("at", { exact: true }).selectOption("1");
    const scale = touch().getByRole("button", { name: /^Scale/ });
    await scale.focus();
    await page.keyboard.press("Enter");
    await current();
    await touch().getByRole("slider", { name: "times" }).focus();
    for (const key of ["ArrowLeft", "ArrowLeft", "Home"]) await page.keyboard.press(key);
    await current();
    await page.getByText(/Under the edits the model answers/).waitFor();
    const scaled = { kind: "scale", by: -2 };
    expect((await stateOf()).edits).toEqual([
      { id: 1, target: { kind: "cell", block: 6, latent: 1 }, operation: scaled, on: true },
    ]);
    await touch().getByRole("button", { name: /^Zero/ }).click();
    await touch().getByRole("button", { name: "Move edit 2 up" }).click();
    await touch().getByRole("checkbox").first().uncheck();
    await current();
    const kinds = async (): Promise<string[]> =>
      (await stateOf()).edits.map(({ operation, on }) => `${operation.kind}${on ? "" : " off"}`);
    await expect.poll(kinds, SLOWLY).toEqual(["zero off", "scale"]);
    await page.keyboard.press("Control+z");
    await expect.poll(kinds, SLOWLY).toEqual(["zero", "scale"]);
    await page.keyboard.press("Control+z");
    await expect.poll(kinds, SLOWLY).toEqual(["scale", "zero"]);
    await touch().getByRole("button", { name: "Undo" }).click();
    await expect.poll(kinds, SLOWLY).toEqual(["scale"]);
    // A key on the slider is a step of its own.
    await page.keyboard.press("Control+z");
    await expect.poll(async () => (await stateOf()).edits[0]?.operation, SLOWLY).not.toEqual(scaled);
    await page.keyboard.press("Control+Shift+z");
    await page.keyboard.press("Control+y");
    await expect.poll(kinds, SLOWLY).toEqual(["scale", "zero"]);
    await touch().getByRole("button", { name: "Remove all" }).click();
    await expect.poll(kinds, SLOWLY).toEqual([]);
    await expect.poll(() => touch().locator(".result").count(), SLOWLY).toBe(0);
  }, 120_000);

  test("of an edge is drawn between positions, and a direction is saved and steered along", async () => {
    await goToClean();
    await touch().getByText("An edge of attention").click();
    const position = (name: RegExp) => touch().locator(".edge-position").and(page.getByRole("button", { name }));
    await position(/^L1 latent 1/).dragTo(position(/^BOT/));
    expect(await touch().locator(".touch-site").textContent()).toContain("@latent.1");
    await touch()
      .getByRole("button", { name: /^Cut the edge/ })
      .click();
    await current();
    expect((await stateOf()).edits[0]?.target).toMatchObject({
      kind: "edge",
      head: null,
      query: "latent.1",
      key: "bot",
    });
    await touch().getByText("A latent", { exact: true }).click();
    await touch().getByText("Saved directions").click();
    await touch().getByLabel("name", { exact: true }).fill("mine");
    await touch().getByRole("button", { name: "Save", exact: true }).click();
    const numbers = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
    const bytes = writeSafetensors([{ name: "dir.one", dtype: "F32", shape: [64], data: numbers }]);
    await touch()
      .getByLabel("or a vector from a safetensors file")
      .setInputFiles({ name: "dir.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
    await expect.poll(async () => Object.keys((await stateOf()).directions), SLOWLY).toEqual(["mine", "dir-one"]);
    await touch()
      .getByRole("button", { name: /^Steer/ })
      .click();
    await touch().getByLabel("along", { exact: true }).selectOption("dir-one");
    await current();
    const state = await stateOf();
    expect(state.edits[1]?.operation).toEqual({ kind: "steer", direction: "dir-one", scale: 1 });
    expect(state.directions["dir-one"]).toEqual({ kind: "vector", numbers: [...numbers] });
  }, 120_000);
});

describe.skipIf(isWithout("browser"))("leaving with it", () => {
  test("gives link, programs, data and pictures of what is on show", async () => {
    const state = EVERY_KIND.find(({ name }) => name === "steer")?.state as LabState;
    await goTo(state);
    const text = async (button: string, what: string): Promise<string> => {
      await leave().getByRole("button", { name: button }).click();
      await leave().getByLabel(`${what}, as it was copied`).waitFor();
      await expect
        .poll(() => page.evaluate(() => navigator.clipboard.readText()), SLOWLY)
        .toBe(await leave().locator("textarea").inputValue());
      return leave().locator("textarea").inputValue();
    };
    expect(await text("Copy link", "the link")).toBe(`${lab.url}#${toFragment(state)}`);
    expect(await text("Copy as TypeScript", "the TypeScript program")).toContain(
      "add(site.block(6).residPost, at.latent(0), { vector: more$marbles$direction",
    );
    expect(await text("Copy as command", "the command")).toContain(
      "--intervene 'add(more-marbles,1.5):blocks.6.hook_resid_post@latent.0'",
    );
    expect(await text("Copy as study file", "the study file")).toContain("async function valueOf");
    const saved = async (button: string): Promise<Buffer> => {
      const download = page.waitForEvent("download");
      await leave().getByRole("button", { name: button }).click();
      return readFileSync(await (await download).path());
    };
    const json = JSON.parse((await saved("Save JSON")).toString()) as {
      state: LabState;
      run: { edited: { answer: { value: number } } };
    };
    expect(json.state).toEqual(state);
    expect(String(json.run.edited.answer.value)).toBe((await row("edited")).value);
    const svg = (await saved("Save SVG")).toString();
    for (const part of ["latent 5", "block 15", "Answer under the edits", "Control: random directions"])
      expect(svg).toContain(part);
    const png = await saved("Save PNG");
    const [, width = 0, height = 0] = /width="(\d+)" height="(\d+)"/.exec(svg)?.map(Number) ?? [];
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width, 2 * height]);
    // Something was drawn: a blank picture of this size packs to a few kB.
    expect(png.length).toBeGreaterThan(20_000);
  }, 120_000);
});

/** What widens the page beyond its window: whatever ends to the right of it and is clipped by nothing. */
function wide(): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const widens =
      document.documentElement.scrollWidth > width ? [`the page has ${document.documentElement.scrollWidth} px`] : [];
    const clips = (each: Element | null): boolean => each !== null && getComputedStyle(each).overflowX !== "visible";
    const isClipped = (each: HTMLElement): boolean => {
      // What is positioned absolutely is clipped by what it is positioned in alone.
      let inside: Element | null =
        getComputedStyle(each).position === "absolute" ? each.offsetParent : each.parentElement;
      while (inside !== null && !clips(inside)) inside = inside.parentElement;
      return inside !== null;
    };
    const beyond = [...document.querySelectorAll<HTMLElement>("main *")].filter(
      (each) => each.checkVisibility() && each.getBoundingClientRect().right > width + 0.5 && !isClipped(each),
    );
    return [...widens, ...beyond.map((each) => `${each.tagName} ${each.className}: ${each.textContent?.slice(0, 40)}`)];
  });
}

/** Tables that are wider than their panel, so that their last column is seen only by who scrolls them. */
function cut(): Promise<string[]> {
  return page.evaluate(() => {
    // On a phone the tokens, which stand last, are scrolled.
    const tables = innerWidth <= 480 ? ".moves, .numbers" : ".answers, .moves, .numbers";
    return [...document.querySelectorAll<HTMLElement>(".scroll")]
      .filter((each) => each.querySelector(tables) !== null && each.scrollWidth > each.clientWidth)
      .map((each) => `${each.scrollWidth} px in ${each.clientWidth}: ${each.textContent?.slice(0, 40)}`);
  });
}

describe.skipIf(isWithout("browser"))("the panel", () => {
  test("has no fault that axe finds, light or dark, never scrolls sideways, and shows its tables whole", async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    // The answer's new token lies far to the right, and that it is new is said for screen readers alone.
    const view = { ...PLAIN_VIEW, cell: { block: 8, latent: 2 } };
    await goTo({ ...cleanState(FIRST_QUESTION), edits: [FIRST_EDIT], view });
    await page.locator(".cell-parts .said-edited").waitFor();
    await touch().locator(".word-new").first().waitFor();
    for (const width of [360, 800, 1000, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await wide(), await cut()]).toEqual([width, [], []]);
    }
    await page.setViewportSize({ width: 360, height: 800 });
    const several = EVERY_KIND.find(({ name }) => name === "several")?.state as LabState;
    await goTo({ ...several, view: { ...several.view, cell: { block: 6, latent: 0 } } });
    await page.locator(".cell-parts .said-edited").waitFor();
    expect(await wide()).toEqual([]);
    await touch().getByText("Saved directions").click();
    for (const kind of ["A latent", "A head", "An edge of attention"]) {
      await touch().getByText(kind, { exact: true }).click();
      expect(await wide()).toEqual([]);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect([kind, colorScheme, await lab.violations(page)]).toEqual([kind, colorScheme, []]);
      }
    }
  }, 120_000);
});
