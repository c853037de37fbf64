/** The page's panels in Chromium: what they show is what Node's native engine computes, links make edits, and nothing leaks. */
// @needs build, engine, browser, time

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CodiModel } from "../../src/index.js";
import { cleanState, type LabState } from "../../src/lab/edits/edit.js";
import { FIRST_QUESTION } from "../../src/lab/page/first.js";
import { LabSession } from "../../src/lab/session/lab-session.js";
import type { RunView } from "../../src/lab/session/types.js";
import { type Lab, openLab } from "../support/lab.js";
import { loadTiny } from "../support/tiny.js";
import { isWithout } from "../support/without.js";

let lab: Lab;
let model: CodiModel;
let session: LabSession;
let page: Page;

beforeAll(async () => {
  if (isWithout("browser")) return;
  model = await loadTiny();
  session = new LabSession(model);
  lab = await openLab();
  page = await lab.open();
}, 180_000);
afterAll(async () => {
  await lab?.close();
  model?.dispose();
});

/** The machine may be busy with other tests. */
const PATIENT = { timeout: 30_000 };

const panel = (name: string) => page.locator(`[data-panel="${name}"]`);

/** A probability as the page writes it, as a number from 0 to 100. */
const percentOf = (text: string | undefined): number => Number((text ?? "").replace("<", "").replace("%", ""));

/** What the page writes as `+1.23` or `−0.4`. */
const numberOf = (text: string | undefined): number => Number((text ?? "").replace("−", "-"));

describe.skipIf(isWithout("browser"))("a cell that is opened from the strip", () => {
  test("shows the native engine's words, norms and direct effects", async () => {
    const wanted = await session.cell(FIRST_QUESTION, { block: 8, latent: 2 });
    await page.locator('.thought-grid [data-row="9"][data-column="2"]').click();
    await panel("cell").locator(".cell-parts").waitFor();
    expect(await panel("cell").locator("h2").textContent()).toBe("Latent 2 after block 8");
    const words = await panel("cell").locator(".said-words li").allTextContents();
    expect(words).toHaveLength(wanted.words.length);
    for (const [i, { text, probability }] of wanted.words.entries()) {
      expect(words[i]?.startsWith(text.replace(/^ /, "␣"))).toBe(true);
      expect(Math.abs(percentOf(words[i]?.split(" ").at(-1)) - 100 * probability)).toBeLessThan(0.6);
    }
    const rows = await panel("cell").locator("table").first().locator("tbody tr").all();
    expect(rows).toHaveLength(wanted.components.length);
    for (const [i, { norm, toWord, toNext }] of wanted.components.entries()) {
      const cells = (await rows[i]?.locator("td").allTextContents()) ?? [];
      expect(numberOf(cells[0]) / norm).toBeCloseTo(1, 1);
      expect(Math.abs(numberOf(cells[1]) - toWord)).toBeLessThan(0.02);
      expect(Math.abs(Math.abs(percentOf(cells[2]?.replace("−", ""))) - 100 * Math.abs(toNext ?? 0))).toBeLessThan(0.6);
    }
  });

  test("shows which positions the latent looks at in every head, BOS among them", async () => {
    const { attendsTo } = await session.cell(FIRST_QUESTION, { block: 8, latent: 2 });
    const table = panel("cell").locator(".attention-table").first();
    expect(await table.locator("tbody tr").first().locator("th").textContent()).toBe("BOS");
    const most = attendsTo.weights.map((row) => Math.max(...row));
    for (const [head, weight] of most.entries()) {
      const shown = await table.locator(`tbody td:nth-child(${head + 2})`).allTextContents();
      expect(Math.abs(Math.max(...shown.map(percentOf)) - 100 * weight)).toBeLessThan(0.6);
    }
  });

  test("hands its place, or one of its heads, to the edit panel, and a cell of the strip takes the form off an edge", async () => {
    const site = panel("touch").locator(".touch-site");
    const focused = (): Promise<string> => page.evaluate("document.activeElement.textContent");
    await panel("cell")
      .getByRole("button", { name: /^edit it ?: head 3 of block 8 at latent 2/ })
      .click();
    expect(await site.textContent()).toBe("blocks.8.attn.hook_z[head.3]@latent.2");
    expect(await focused()).toBe("Zero");
    await panel("cell").getByRole("button", { name: "Edit it", exact: true }).click();
    expect(await site.textContent()).toBe("blocks.8.hook_resid_post@latent.2");
    await panel("touch").getByText("An edge of attention").click();
    await page.locator('.thought-grid [data-row="4"][data-column="1"]').click();
    expect(await site.textContent()).toBe("blocks.3.hook_resid_post@latent.1");
    await page.locator('.thought-grid [data-row="9"][data-column="2"]').click();
    await panel("cell").getByRole("heading", { name: "Latent 2 after block 8" }).waitFor();
  });

  test("makes edits: the cell and a head are set to zero, and the answers are the native engine's", async () => {
    await panel("cell").getByRole("button", { name: "Set it to zero" }).click();
    await panel("cell")
      .getByRole("button", { name: /^zero it ?: head 3 of block 8 at latent 2/ })
      .click();
    await panel("cell").locator(".said-edited").waitFor();
    expect(await lab.violations(page)).toEqual([]);
    const state: LabState = {
      ...cleanState(FIRST_QUESTION),
      edits: [
        { id: 1, target: { kind: "cell", block: 8, latent: 2 }, operation: { kind: "zero" }, on: true },
        { id: 2, target: { kind: "head", block: 8, head: 3, latent: 2 }, operation: { kind: "zero" }, on: true },
      ],
    };
    const wanted = await session.run(state);
    const found = await lab.call<RunView>(page, "run", { state });
    expect(found.interventions).toEqual(wanted.interventions);
    expect(found.edited.answer.words.map(({ id }) => id)).toEqual(wanted.edited.answer.words.map(({ id }) => id));
    expect(found.controls?.identity).toMatchObject({ exact: true, largest: 0 });
    expect(wanted.controls?.identity).toMatchObject({ exact: true, largest: 0 });
    for (const [i, { relative, cosine }] of wanted.edited.latents.entries()) {
      expect(found.edited.latents[i]?.relative).toBeCloseTo(relative, 3);
      expect(found.edited.latents[i]?.cosine).toBeCloseTo(cosine, 3);
    }
    for (const [draw, { answer, moved }] of (wanted.controls?.random ?? []).entries()) {
      expect(found.controls?.random[draw]?.answer.text).toBe(answer.text);
      expect(found.controls?.random[draw]?.moved[8]?.[2]).toBeCloseTo(moved[8]?.[2] ?? Number.NaN, 3);
    }
    expect(lab.heard).toEqual([]);
  });
});

describe.skipIf(isWithout("browser"))("the sweep", () => {
  test("is stopped on the way, and what came stays", async () => {
    await panel("sweep").getByRole("button", { name: "Sweep" }).click();
    await panel("sweep").locator("button.sweep-cell").first().waitFor();
    await panel("sweep").getByRole("button", { name: "Stop" }).click();
    const line = panel("sweep").locator(".sweep-line p");
    await expect.poll(() => line.textContent(), PATIENT).toMatch(/stopped after \d+ of 96$/);
    const count = await panel("sweep").locator("button.sweep-cell").count();
    expect(count).toBeGreaterThanOrEqual(6);
    expect(count).toBeLessThan(96);
    expect(await line.textContent()).toContain(`of ${count} cells`);
    expect(await lab.violations(page)).toEqual([]);
  });

  test("fills every cell with the native engine's answer", async () => {
    const wanted = await session.sweep(cleanState(FIRST_QUESTION), { operation: { kind: "zero" } });
    await panel("sweep").getByRole("button", { name: "Sweep" }).click();
    await panel("sweep").locator("button.sweep-cell").nth(95).waitFor({ timeout: 60_000 });
    await panel("sweep").getByRole("button", { name: "Sweep" }).waitFor();
    expect(await panel("sweep").locator("button.sweep-cell").allTextContents()).toEqual(
      wanted.cells.map(({ changed, value }) => (changed ? String(value) : "·")),
    );
    const labels = await panel("sweep")
      .locator("button.sweep-cell")
      .evaluateAll((cells: { getAttribute(name: string): string | null }[]) =>
        cells.map((cell) => cell.getAttribute("aria-label") ?? ""),
      );
    for (const { block, latent, answer, kl } of wanted.cells) {
      const label = labels[block * 6 + latent] ?? "";
      expect(label).toContain(`block ${block}, latent ${latent}: “${answer}”`);
      const said = Number(/KL ([\d.e+-]+) nats/.exec(label)?.[1]);
      expect(Math.abs(said - (kl ?? Number.NaN))).toBeLessThan(0.02 + 0.01 * (kl ?? 0));
    }
    expect(await lab.violations(page)).toEqual([]);
  });

  test("is saved as the picture of its map", async () => {
    const saved = async (name: string): Promise<Buffer> => {
      const download = page.waitForEvent("download");
      await panel("sweep").getByRole("button", { name }).click();
      return readFileSync(await (await download).path());
    };
    const svg = (await saved("Save map as SVG")).toString();
    const shown = await panel("sweep").locator("button.sweep-cell").allTextContents();
    const drawn = [...svg.matchAll(/text-anchor="middle"[^>]*>([^<]*)</g)].map(([, text = ""]) => text);
    expect(drawn.slice(6)).toEqual(shown);
    expect(drawn.slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5].map((latent) => `latent ${latent}`));
    const png = await saved("Save map as PNG");
    const [, width = 0, height = 0] = /width="(\d+)" height="(\d+)"/.exec(svg)?.map(Number) ?? [];
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width, 2 * height]);
    expect(png.length).toBeGreaterThan(10_000);
  });

  test("is a grid for the keyboard, and a cell is a link that makes its edit and opens it", async () => {
    await panel("sweep").locator('[data-row="0"][data-column="0"]').focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toContain("block 2, latent 1");
    await page.keyboard.press("Enter");
    await panel("cell").getByRole("heading", { name: "Latent 1 after block 2" }).waitFor();
    await page.locator('.lens-edited[data-row="3"][data-column="1"]').waitFor();
    expect(await panel("touch").locator(".touch-site").textContent()).toBe("blocks.2.hook_resid_post@latent.1");
  });
});

describe.skipIf(isWithout("browser"))("attention", () => {
  test("shows every head of a block, and the row that is looked from as the native engine has it", async () => {
    await panel("attention").getByRole("combobox", { name: "Block" }).selectOption("8");
    await panel("attention").getByRole("heading", { name: "Attention of block 8" }).waitFor();
    await panel("attention").getByRole("button", { name: "before the answer’s number" }).click();
    await panel("attention").locator(".head-tile").nth(1).click();
    const view = await session.attention(FIRST_QUESTION, { block: 8 });
    expect(await panel("attention").locator(".head-tile").count()).toBe(view.heads);
    const size = view.positions.length;
    const query = view.beforeNumber ?? 0;
    const row = [...view.values.subarray((size + query) * size, (size + query + 1) * size)];
    const items = panel("attention").locator(".row-item");
    expect(await items.first().locator(".row-name").textContent()).toBe("BOS");
    await expect
      .poll(async () => percentOf((await items.first().locator(".bar-number").textContent()) ?? ""), PATIENT)
      .toBeCloseTo(100 * (row[0] ?? 0), 0);
    const shown = (await items.locator(".bar-number").allTextContents()).map(percentOf);
    expect(Math.abs(Math.max(...shown) - 100 * Math.max(...row))).toBeLessThan(0.6);
    expect(await lab.violations(page)).toEqual([]);
  });

  test("cuts the edge that is drawn, and the edited run has nothing there", async () => {
    const { positions, values, beforeNumber } = await session.attention(FIRST_QUESTION, { block: 8 });
    const [size, query] = [positions.length, beforeNumber ?? 0];
    const row = [...values.subarray((size + query) * size, (size + query + 1) * size)];
    const most = positions[row.indexOf(Math.max(...row))];
    await panel("attention")
      .getByRole("combobox", { name: "Edge to" })
      .selectOption(most?.name ?? "");
    await panel("attention").getByRole("button", { name: "Cut in head 1" }).click();
    await panel("attention").getByRole("button", { name: "under the edits" }).click();
    const chosen = panel("attention").locator(".row-chosen .bar-number");
    await expect.poll(() => chosen.textContent(), PATIENT).toBe("0.0%");
    await panel("attention").getByRole("button", { name: "without edits" }).click();
    await expect.poll(async () => percentOf((await chosen.textContent()) ?? ""), PATIENT).toBeGreaterThan(20);
    expect(await lab.violations(page)).toEqual([]);
    expect(lab.heard).toEqual([]);
  });
});

describe.skipIf(isWithout("browser"))("many runs", () => {
  test("leave no tensor behind", async () => {
    const ask = (latent: number): Promise<RunView> =>
      lab.call(page, "run", {
        state: {
          ...cleanState(FIRST_QUESTION),
          edits: [
            { id: 1, target: { kind: "cell", block: 8, latent }, operation: { kind: "noise", sigma: 9 }, on: true },
          ],
        },
      });
    await ask(0);
    const tensors = await lab.call<number>(page, "tensors", null);
    for (const latent of [0, 1, 2, 3, 4, 5, 0, 1]) await ask(latent);
    await lab.call(page, "sweep", { state: cleanState(FIRST_QUESTION), operation: { kind: "mean" } });
    await lab.call(page, "cell", { question: FIRST_QUESTION, block: 3, latent: 3 });
    expect(await lab.call<number>(page, "tensors", null)).toBe(tensors);
    expect(lab.heard).toEqual([]);
  });
});
