/** A hundred random clicks and edits, by a seed: no error, nothing on the console, and as many tensors as before. */
// @needs build, browser, time

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, openLab } from "../support/lab.js";
import { isWithout } from "../support/without.js";

const ACTIONS = 100;
const SEED = 20;

/** What the page rightly refuses, with a hint: a patch before a counterfactual is typed. The question stays, so every edge exists. */
const REFUSALS = /there is no counterfactual to patch from/;

let lab: Lab;

beforeAll(async () => {
  if (!isWithout("browser")) lab = await openLab();
});
afterAll(async () => {
  await lab?.close();
});

/** What was done, and every failure that the page showed on the way. */
interface Done {
  readonly actions: readonly string[];
  readonly kinds: number;
  readonly edited: number;
  readonly failures: readonly string[];
}

/** Runs in the page: clicks, slides, chooses and types at random, with little or no wait between. */
async function monkey({ actions, seed }: { readonly actions: number; readonly seed: number }): Promise<Done> {
  const { codilens } = globalThis as unknown as { codilens: { call(name: string, ask: null): Promise<number> } };
  let state = seed;
  const random = (): number => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
  // These ask the browser for a file, a download or the clipboard.
  const outside = /^(?:choose a f|copy|download|save|json|svg|png)/i;
  const questions = [
    "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?",
    "Mia has 4 bags with 3 coins in each. Mia finds 5 more. Mia sells 2. How many coins does Mia have now?",
  ];
  const PANEL = "[data-panel], dialog, form, section";
  let edited = 0;
  const edits = /\bzero\b|^cut in|^undo|^redo/i;
  const done: string[] = [];
  const failures = new Set<string>();
  for (let i = 0; i < actions; i++) {
    const all = [...document.querySelectorAll<HTMLElement>("main button, main select, main input, main textarea")];
    const usable = all.filter(
      (each) =>
        !each.matches(":disabled, [type=file], .term-word") &&
        each.checkVisibility() &&
        !outside.test((each.textContent ?? "").trim()),
    );
    // Panels of few buttons are as likely as the strip with its hundred cells.
    const panels = [...new Set(usable.map((each) => each.closest(PANEL)))];
    const panel = pick(panels);
    const edit = pick(usable.filter((each) => edits.test(each.textContent ?? "") && each.matches("button")));
    // Edits are few among so many cells: each third action is one, where there is one.
    const target = (i % 3 === 0 ? edit : undefined) ?? pick(usable.filter((each) => each.closest(PANEL) === panel));
    if (target === undefined) continue;
    if (target === edit) edited++;
    const name = target.getAttribute("aria-label") ?? (target.textContent ?? "").slice(0, 40);
    done.push(`${target.tagName.toLowerCase()} ${name}`);
    if (target instanceof HTMLSelectElement) {
      target.selectedIndex = Math.floor(random() * target.options.length);
      target.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (target instanceof HTMLInputElement && target.type === "range") {
      const [least, most] = [Number(target.min), Number(target.max)];
      target.value = String(least + random() * (most - least));
      target.dispatchEvent(new Event("input", { bubbles: true }));
      target.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (
      target instanceof HTMLTextAreaElement ||
      (target instanceof HTMLInputElement && target.type === "text")
    ) {
      target.value = pick(questions) ?? "";
      target.dispatchEvent(new Event("input", { bubbles: true }));
      target.dispatchEvent(new Event("change", { bubbles: true }));
    } else target.click();
    // Now and then it waits for what it asked for; what opens later can be clicked then.
    if (i % 4 === 2) await codilens.call("tensors", null);
    await wait(random() < 0.5 ? 0 : random() * 120);
    const face = document.querySelector('[role="alert"]');
    if (face !== null && face.textContent !== "") failures.add(face.textContent ?? "");
  }
  return {
    actions: done,
    kinds: new Set(done.map((each) => each.split(" ")[0])).size,
    edited,
    failures: [...failures],
  };
}

describe.skipIf(isWithout("browser"))("a monkey", () => {
  test(`of ${ACTIONS} clicks and edits leaves no tensor, no error and no line on the console`, async () => {
    const page = await lab.open();
    await page.locator(".thought").first().waitFor();
    // Answers wait for those before them, so this is the number at rest.
    const before = await lab.call<number>(page, "tensors", null);
    expect(before).toBeGreaterThan(0);
    const { actions, kinds, edited, failures } = await page.evaluate(monkey, { actions: ACTIONS, seed: SEED });
    expect(actions).toHaveLength(ACTIONS);
    expect(kinds).toBeGreaterThan(1);
    expect(edited).toBeGreaterThan(5);
    expect(
      failures.filter((each) => !REFUSALS.test(each)),
      actions.join("\n"),
    ).toEqual([]);
    expect(await lab.call<number>(page, "tensors", null)).toBe(before);
    expect(lab.heard).toEqual([]);
    await page.close();
  });
});
