/** Other families and protocols in the page: dropped with their base, answered and edited as in Node, in words that are true of them. */
// @needs build, engine, browser, time

import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answerLimit } from "../../../src/browser.js";
import { CodiModel, type RunResult } from "../../../src/index.js";
import { cleanState, type Edit, type LabState, PLAIN_VIEW } from "../../../src/lab/edits/edit.js";
import { toFragment } from "../../../src/lab/edits/fragment/fragment.js";
import type { AnswerView, CleanView, RunView } from "../../../src/lab/session/types.js";
import { type Lab, openLab } from "../../support/lab.js";
import { modelFolder } from "../../support/parity.js";
import { temporaryFolder } from "../../support/temporary.js";
import { isWithout } from "../../support/without.js";

// As far as the fixtures' positions go, an answer has room behind it.
const QUESTION = "Tom has 3 pens. He buys 4. How many?";
const folder = temporaryFolder("codilens-others-");
let lab: Lab;
let page: Page;

beforeAll(async () => {
  if (isWithout("browser")) return;
  lab = await openLab();
  mkdirSync(join(lab.folder, "own"));
  writeFileSync(
    join(lab.folder, "own", "asks-twice.mjs"),
    'export default { name: "asks-twice", like: "coconut", prepare: (text) => `${text} ${text}\\n`, maxNewTokens: 4 };',
  );
  page = await lab.open({ query: "protocol=own/asks-twice.mjs", permissions: ["clipboard-read", "clipboard-write"] });
}, 180_000);
afterAll(async () => {
  await lab?.close();
});
afterEach(() => {
  expect(lab?.heard ?? []).toEqual([]);
});

const panel = (name: string) => page.locator(`[data-panel="${name}"]`);
const PATIENT = { timeout: 30_000 };

/** A folder that holds a checkpoint's and its base's, as one chooses it. */
function both(name: string): string {
  const path = join(folder, name);
  for (const each of [name, "gpt2-base"]) cpSync(modelFolder(each), join(path, each), { recursive: true });
  return path;
}

/** Drops a checkpoint, says how it is run, loads it and asks. */
async function load(name: string, how: { readonly protocol?: string; readonly latents?: number }): Promise<void> {
  // A question that has room in the fixtures' positions.
  await page.evaluate((fragment) => (location.hash = fragment), toFragment(cleanState(QUESTION)));
  await page.locator('[data-chooser="folder"]').setInputFiles(both(name));
  const found = page.locator('[data-found="checkpoint"]');
  await found.locator("h3", { hasText: `${name} on gpt2-base` }).waitFor(PATIENT);
  await found.getByLabel("Protocol").selectOption(how.protocol ?? "");
  await found.locator("[data-run]").waitFor(PATIENT);
  if (how.latents !== undefined) {
    await found.getByLabel("Latents").fill(`${how.latents}`);
    await found.getByLabel("Latents").blur();
    await found.getByText(`with ${how.latents} latents a question (it was asked for)`).waitFor(PATIENT);
  }
  await found.getByRole("button", { name: /^Load it/ }).click();
  await page.getByText("It is loaded, and answers the question above.").waitFor(PATIENT);
  await page.locator(".strip-question .token").first().waitFor(PATIENT);
}

const limit = (model: CodiModel) => ({ maxNewTokens: answerLimit(model, QUESTION) });
const inNode = (name: string, more: object): Promise<CodiModel> =>
  CodiModel.load(modelFolder(name), { base: modelFolder("gpt2-base"), onNotice: () => undefined, ...more });

function expectSame({ words, text }: AnswerView, { answer }: RunResult): void {
  expect([text, words.map(({ id }) => id)]).toEqual([answer.text, answer.ids]);
  for (const [i, { logProb }] of answer.tokens.entries())
    expect(Math.abs((words[i]?.probability ?? 9) - Math.exp(logProb))).toBeLessThan(1e-4);
}

/** The page under an edit, as its worker computes it and as it is shown. */
async function editedInPage(edit: Pick<Edit, "target" | "operation">): Promise<RunView> {
  const state: LabState = { ...cleanState(QUESTION), edits: [{ id: 1, on: true, ...edit }], view: PLAIN_VIEW };
  await page.evaluate((fragment) => (location.hash = fragment), toFragment(state));
  const result = panel("touch").locator('.result[aria-busy="false"]');
  await result.locator("th", { hasText: "identity" }).waitFor(PATIENT);
  expect(await result.locator("tr", { hasText: "identity" }).innerText()).toContain("bit for bit");
  return lab.call<RunView>(page, "run", { state });
}

async function copied(kind: string): Promise<string> {
  await panel("leave")
    .getByRole("button", { name: `Copy as ${kind}` })
    .click();
  await panel("leave")
    .getByText(new RegExp(`the .*${kind}.*, as it was copied`))
    .waitFor();
  return panel("leave").locator("textarea").inputValue();
}

/** All that stands on the page, but for the panel of one's own, where protocols are chosen. */
const words = async (): Promise<string> =>
  (await page.locator("main .panel:not([data-panel=own])").allInnerTexts()).join("\n");

async function expectReadable(): Promise<void> {
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await lab.violations(page)).toEqual([]);
  }
}

describe.skipIf(isWithout("browser"))("a dropped GPT-2", () => {
  test("Coconut is run as such: answers and edits are Node's, and its words are its own", async () => {
    await load("gpt2-coconut", { latents: 3 });
    expect(await page.locator("[data-run]").innerText()).toMatch(
      /^It is run by the protocol coconut \(its weights are named base_causallm/,
    );
    using model = await inNode("gpt2-coconut", { latents: 3 });
    const clean = await lab.call<CleanView>(page, "open", { question: QUESTION });
    expectSame(clean.answer, await model.run(QUESTION, limit(model)));
    expect(clean.latents).toHaveLength(3);
    const target = { kind: "cell", block: 1, latent: 0 } as const;
    const run = await editedInPage({ target, operation: { kind: "zero" } });
    expectSame(
      run.edited.answer,
      await model.run(QUESTION, { ...limit(model), interventions: ["zero:blocks.1.hook_resid_post@latent.0"] }),
    );
    expect(run.edited.latents[1]?.relative).toBeGreaterThan(1e-3);

    await page.locator('.thought-grid [data-row="1"][data-column="1"]').click();
    await panel("cell").locator(".cell-parts").waitFor(PATIENT);
    expect(await panel("cell").locator("table").first().locator("tbody th").allInnerTexts()).toEqual([
      "position, before the block",
      "head 0",
      "head 1",
      "bias beside the heads",
      "MLP",
    ]);
    await panel("sweep").getByRole("button", { name: "Sweep", exact: true }).click();
    await panel("sweep")
      .getByText(/of 9 cells change the answer/)
      .waitFor(PATIENT);
    expect(await words()).not.toMatch(/\b(?:BOS|BOT|EOT|CODI|projection)\b/);
    expect(await panel("strip").innerText()).toMatch(/start token[\s\S]*end token/);
    expect(await page.locator(".thought-grid .term-hover").first().textContent()).toMatch(/^The start token/);

    expect(await copied("command")).toContain(
      "--model './gpt2-coconut' \\\n  --base './gpt2-base' \\\n  --protocol coconut \\\n  --latents 3 \\\n",
    );
    expect(await copied("TypeScript")).toContain(
      'LatentModel.load("./gpt2-coconut", { base: "./gpt2-base", protocol: "coconut", latents: 3 })',
    );
    expect(await copied("study file")).toContain(
      "--model './gpt2-coconut' --base './gpt2-base' --protocol coconut --latents 3",
    );
    await page.getByRole("button", { name: /tour/i }).click();
    expect(await page.locator(".tour-other").innerText()).toMatch(/speaks of tiny-codi.* now is gpt2-coconut/);
    await page.keyboard.press("Escape");
    await expectReadable();
  });

  test("pause control says that no later input can change, and what nothing reads", async () => {
    await load("gpt2-pause", {});
    using model = await inNode("gpt2-pause", {});
    expectSame(
      (await lab.call<CleanView>(page, "open", { question: QUESTION })).answer,
      await model.run(QUESTION, limit(model)),
    );
    const target = { kind: "cell", block: 0, latent: 1 } as const;
    const run = await editedInPage({ target, operation: { kind: "scale", by: 3 } });
    const interventions = ["scale(3):blocks.0.hook_resid_post@latent.1"];
    expectSame(run.edited.answer, await model.run(QUESTION, { ...limit(model), interventions }));
    expect(await panel("strip").innerText()).toMatch(/fed no thoughts: each latent has the same learned vector/);
    expect(await panel("touch").innerText()).toMatch(/Later latents’ inputs cannot change/);
    await page.locator('.thought-grid [data-row="3"][data-column="0"]').click();
    await panel("cell").locator(".cell-parts").waitFor(PATIENT);
    expect(await panel("cell").innerText()).not.toMatch(/to the next|next latent’s input/);
    expect(await panel("touch").innerText()).toContain("Nothing reads this place.");
    // It is true: an edit there changes no number that comes after.
    const last = await editedInPage({ target: { kind: "cell", block: 2, latent: 0 }, operation: { kind: "zero" } });
    expect([last.edited.changed, last.edited.latents[1]?.relative]).toEqual([false, 0]);
    expect(await words()).not.toMatch(/\b(?:BOS|BOT|EOT|CODI|projection)\b/);
    expect(await copied("command")).toContain("--protocol pause \\\n  --latents 6 \\\n");
  });

  test("stage-0 checkpoint is refused with what helps, and runs without latents: an edge can be cut", async () => {
    await page.locator('[data-chooser="folder"]').setInputFiles(both("gpt2-stage0"));
    await page.locator('[data-face="file"]').waitFor(PATIENT);
    await page.locator('[data-found="checkpoint"]').getByLabel("Protocol").selectOption("");
    await expect.poll(() => page.locator(".failure").innerText(), PATIENT).toMatch(/--protocol none/);
    await load("gpt2-stage0", { protocol: "none" });
    await page.locator(".failure").waitFor({ state: "detached" });
    expect(await page.locator("[data-run]").innerText()).toMatch(
      /protocol none \(it was asked for\), without latents\.$/,
    );
    using model = await inNode("gpt2-stage0", { protocol: "none" });
    expectSame(
      (await lab.call<CleanView>(page, "open", { question: QUESTION })).answer,
      await model.run(QUESTION, limit(model)),
    );
    expect(await panel("strip").innerText()).toMatch(/gpt2-stage0 is run without latents/);
    expect([await panel("cell").count(), await panel("sweep").count(), await page.locator(".thought").count()]).toEqual(
      [0, 0, 0],
    );
    const target = { kind: "edge", block: 1, head: null, query: "eot", key: "question.2" } as const;
    const run = await editedInPage({ target, operation: { kind: "cut" } });
    const interventions = ["knockout(eot→question.2):blocks.1.attn.hook_pattern@eot"];
    expectSame(run.edited.answer, await model.run(QUESTION, { ...limit(model), interventions }));
    await panel("attention").locator(".head-tile").first().waitFor(PATIENT);
    expect(await panel("attention").innerText()).toMatch(/last token/);
    expect(await copied("command")).toContain("--protocol none \\\n");
    await expectReadable();
  });

  test("Coconut is run by a protocol of one's own, whose file stands beside the page", async () => {
    await load("gpt2-coconut", { protocol: "own", latents: 2 });
    expect(await page.locator("[data-run]").innerText()).toMatch(/^It is run by the protocol asks-twice/);
    using model = await inNode("gpt2-coconut", {
      latents: 2,
      protocol: {
        name: "asks-twice-here",
        like: "coconut",
        prepare: (text: string) => `${text} ${text}\n`,
        maxNewTokens: 4,
      },
    });
    const clean = await lab.call<CleanView>(page, "open", { question: QUESTION });
    expectSame(clean.answer, await model.run(QUESTION, limit(model)));
    expect(
      clean.tokens
        .map(({ text }) => text)
        .join("")
        .match(/How many/g),
    ).toHaveLength(2);
    expect(await copied("command")).toContain("--protocol './asks-twice.mjs' \\\n");
    expect(await copied("TypeScript")).toMatch(/^import protocol from "\.\/asks-twice\.mjs";$/m);
  });
});
