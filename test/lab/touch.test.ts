/** Editing by hand in real Chromium: every kind of edit answers as `model.run` does in Node, the address restores it, and one can undo. */
// @needs browser, build, engine, time

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
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
beforeAll(async () => {
  if (isWithout("browser")) return undefined;
  model = await loadTiny();
  lab = await openLab();
  return async () => {
    model.dispose();
    await lab.close();
    expect(lab.heard).toEqual([]);
  };
}, 120_000);

/** On a machine that does other things, too. */
const SLOWLY = { timeout: 20_000 };

const touch = (page: Page) => page.locator('[data-panel="touch"]');
const leave = (page: Page) => page.locator('[data-panel="leave"]');

/** What the address says now. */
async function stateOf(page: Page): Promise<LabState> {
  const read = fromFragment(new URL(page.url()).hash);
  if (read.kind !== "state") throw new Error(`The address holds no state: ${page.url()}`);
  return read.state;
}

/** Waits until what is on show is what was set, controls included. */
async function current(page: Page): Promise<void> {
  await touch(page).locator('.result[aria-busy="false"]').waitFor();
  await page.waitForTimeout(250);
  await touch(page).locator('.result[aria-busy="false"]').waitFor();
}

/** Follows a link to a state. */
async function goTo(page: Page, state: LabState): Promise<void> {
  await page.evaluate((fragment) => (location.hash = fragment), toFragment(state));
  await current(page);
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
async function row(page: Page, name: string): Promise<Shown> {
  const found = touch(page)
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
    const page = await lab.open();
    const clean = await model.run(ASKED);
    for (const { name, state, options } of EVERY_KIND) {
      const wanted = await model.run(ASKED, await options(model));
      await goTo(page, state);
      for (const [which, run] of [["clean", clean] as const, ["edited", wanted] as const]) {
        const shown = await row(page, which);
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
      const identity = await row(page, "identity");
      expect([name, identity.value]).toEqual([name, String(clean.answer.value)]);
      expect(await touch(page).locator(".answers tbody tr").count()).toBeGreaterThanOrEqual(4);
      // The numbers behind what is shown, as they are saved.
      const download = page.waitForEvent("download");
      await leave(page).getByRole("button", { name: "Save JSON" }).click();
      const { edited: outcome } = (JSON.parse(readFileSync(await (await download).path(), "utf8")) as Saved).run;
      expect([name, outcome.answer.words.map(({ id }) => id)]).toEqual([
        name,
        wanted.answer.tokens.map(({ id }) => id),
      ]);
      for (const [i, { probability }] of outcome.answer.words.entries())
        expect(Math.abs(probability - Math.exp(wanted.answer.tokens[i]?.logProb ?? 9))).toBeLessThan(1e-4);
    }
    await page.close();
  }, 240_000);

  test("is restored exactly by the address, and a damaged one leaves the clean state with a sentence", async () => {
    const state = EVERY_KIND.find(({ name }) => name === "several")?.state as LabState;
    const page = await lab.open({ fragment: toFragment(state) });
    await current(page);
    const before = [await stateOf(page), await touch(page).locator(".edits").textContent(), await row(page, "edited")];
    expect(before[0]).toEqual(state);
    await page.reload();
    await current(page);
    expect([await stateOf(page), await touch(page).locator(".edits").textContent(), await row(page, "edited")]).toEqual(
      before,
    );
    await page.evaluate(() => (location.hash = "1&q=A&e=1:c8.2:explode"));
    await page.getByText('This link cannot be read: "explode" is no operation.').first().waitFor();
    await page.close();
    const damaged = await lab.open({ fragment: "1&q=A&e=nonsense" });
    await damaged.getByText("This link cannot be read").first().waitFor();
    await damaged.locator('[data-panel="strip"]').getByText("latent 0").first().waitFor();
    await damaged.close();
  }, 120_000);

  test("is made by the keyboard, stacks, is switched off, moved, undone and done again", async () => {
    const page = await lab.open({ fragment: toFragment(edited([])) });
    await page.getByText("Answer").first().waitFor();
    await touch(page).getByLabel("after", { exact: true }).selectOption("6");
    await touch(page).getByLabel("at", { exact: true }).selectOption("1");
    const scale = touch(page).getByRole("button", { name: /^Scale/ });
    await scale.focus();
    await page.keyboard.press("Enter");
    await current(page);
    await touch(page).getByRole("slider", { name: "times" }).focus();
    for (const key of ["ArrowLeft", "ArrowLeft", "Home"]) await page.keyboard.press(key);
    await current(page);
    await page.getByText(/Under the edits the model answers/).waitFor();
    const scaled = { kind: "scale", by: -2 };
    expect((await stateOf(page)).edits).toEqual([
      { id: 1, target: { kind: "cell", block: 6, latent: 1 }, operation: scaled, on: true },
    ]);
    await touch(page).getByRole("button", { name: /^Zero/ }).click();
    await touch(page).getByRole("button", { name: "Move edit 2 up" }).click();
    await touch(page).getByRole("checkbox").first().uncheck();
    await current(page);
    const kinds = async (): Promise<string[]> =>
      (await stateOf(page)).edits.map(({ operation, on }) => `${operation.kind}${on ? "" : " off"}`);
    await expect.poll(kinds, SLOWLY).toEqual(["zero off", "scale"]);
    await page.keyboard.press("Control+z");
    await expect.poll(kinds, SLOWLY).toEqual(["zero", "scale"]);
    await page.keyboard.press("Control+z");
    await expect.poll(kinds, SLOWLY).toEqual(["scale", "zero"]);
    await touch(page).getByRole("button", { name: "Undo" }).click();
    await expect.poll(kinds, SLOWLY).toEqual(["scale"]);
    // A key on the slider is a step of its own.
    await page.keyboard.press("Control+z");
    await expect.poll(async () => (await stateOf(page)).edits[0]?.operation, SLOWLY).not.toEqual(scaled);
    await page.keyboard.press("Control+Shift+z");
    await page.keyboard.press("Control+y");
    await expect.poll(kinds, SLOWLY).toEqual(["scale", "zero"]);
    await touch(page).getByRole("button", { name: "Remove all" }).click();
    await expect.poll(kinds, SLOWLY).toEqual([]);
    await expect.poll(() => touch(page).locator(".result").count(), SLOWLY).toBe(0);
    await page.close();
  }, 120_000);

  test("of an edge is drawn between positions, and a direction is saved and steered along", async () => {
    const page = await lab.open({ fragment: toFragment(edited([])) });
    await touch(page).getByText("An edge of attention").click();
    const position = (name: RegExp) => touch(page).locator(".edge-position").and(page.getByRole("button", { name }));
    await position(/^L1 latent 1/).dragTo(position(/^BOT/));
    expect(await touch(page).locator(".touch-site").textContent()).toContain("@latent.1");
    await touch(page)
      .getByRole("button", { name: /^Cut the edge/ })
      .click();
    await current(page);
    expect((await stateOf(page)).edits[0]?.target).toMatchObject({
      kind: "edge",
      head: null,
      query: "latent.1",
      key: "bot",
    });
    await touch(page).getByText("A latent", { exact: true }).click();
    await touch(page).getByText("Saved directions").click();
    await touch(page).getByLabel("name", { exact: true }).fill("mine");
    await touch(page).getByRole("button", { name: "Save", exact: true }).click();
    const numbers = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
    const bytes = writeSafetensors([{ name: "dir.one", dtype: "F32", shape: [64], data: numbers }]);
    await touch(page)
      .getByLabel("or a vector from a safetensors file")
      .setInputFiles({ name: "dir.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
    await expect.poll(async () => Object.keys((await stateOf(page)).directions), SLOWLY).toEqual(["mine", "dir-one"]);
    await touch(page)
      .getByRole("button", { name: /^Steer/ })
      .click();
    await touch(page).getByLabel("along", { exact: true }).selectOption("dir-one");
    await current(page);
    const state = await stateOf(page);
    expect(state.edits[1]?.operation).toEqual({ kind: "steer", direction: "dir-one", scale: 1 });
    expect(state.directions["dir-one"]).toEqual({ kind: "vector", numbers: [...numbers] });
    await page.close();
  }, 120_000);
});

describe.skipIf(isWithout("browser"))("leaving with it", () => {
  test("gives link, programs, data and pictures of what is on show", async () => {
    const state = EVERY_KIND.find(({ name }) => name === "steer")?.state as LabState;
    const page = await lab.open({ fragment: toFragment(state), permissions: ["clipboard-read", "clipboard-write"] });
    await current(page);
    const text = async (button: string, what: string): Promise<string> => {
      await leave(page).getByRole("button", { name: button }).click();
      await leave(page).getByLabel(`${what}, as it was copied`).waitFor();
      await expect
        .poll(() => page.evaluate(() => navigator.clipboard.readText()), SLOWLY)
        .toBe(await leave(page).locator("textarea").inputValue());
      return leave(page).locator("textarea").inputValue();
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
      await leave(page).getByRole("button", { name: button }).click();
      return readFileSync(await (await download).path());
    };
    const json = JSON.parse((await saved("Save JSON")).toString()) as {
      state: LabState;
      run: { edited: { answer: { value: number } } };
    };
    expect(json.state).toEqual(state);
    expect(String(json.run.edited.answer.value)).toBe((await row(page, "edited")).value);
    const svg = (await saved("Save SVG")).toString();
    for (const part of ["latent 5", "block 15", "Answer under the edits", "Control: random directions"])
      expect(svg).toContain(part);
    const png = await saved("Save PNG");
    const [, width = 0, height = 0] = /width="(\d+)" height="(\d+)"/.exec(svg)?.map(Number) ?? [];
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width, 2 * height]);
    // Something was drawn: a blank picture of this size packs to a few kB.
    expect(png.length).toBeGreaterThan(20_000);
    await page.close();
  }, 120_000);
});

/** What widens the page beyond its window: whatever ends to the right of it and is clipped by nothing. */
function wide(page: Page): Promise<string[]> {
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

describe.skipIf(isWithout("browser"))("the panel", () => {
  test.each(["light", "dark"] as const)(
    "has no fault that axe finds in %s, and never scrolls sideways",
    async (colorScheme) => {
      const page = await lab.open({ colorScheme, viewport: { width: 360, height: 800 } });
      // The answer's new token lies far to the right, and that it is new is said for screen readers alone.
      const view = { ...PLAIN_VIEW, cell: { block: 8, latent: 2 } };
      await goTo(page, { ...cleanState(FIRST_QUESTION), edits: [FIRST_EDIT], view });
      await page.locator(".cell-parts .said-edited").waitFor();
      await touch(page).locator(".word-new").first().waitFor();
      expect(await wide(page)).toEqual([]);
      const several = EVERY_KIND.find(({ name }) => name === "several")?.state as LabState;
      await goTo(page, { ...several, view: { ...several.view, cell: { block: 6, latent: 0 } } });
      await page.locator(".cell-parts .said-edited").waitFor();
      expect(await wide(page)).toEqual([]);
      await touch(page).getByText("Saved directions").click();
      for (const kind of ["A latent", "A head", "An edge of attention"]) {
        await touch(page).getByText(kind, { exact: true }).click();
        expect(await wide(page)).toEqual([]);
        expect(await lab.violations(page)).toEqual([]);
      }
      await page.close();
    },
    120_000,
  );
});
