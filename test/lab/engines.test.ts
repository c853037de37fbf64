/** The page's engines: on WASM every site of ten questions is Node's native one, and a GPU that is lost has a face. */
// @needs engine, build, browser, time

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allSites } from "../../src/browser.js";
import { CodiModel, loadProblems } from "../../src/index.js";
import { cleanState } from "../../src/lab/edits/edit.js";
import { toFragment } from "../../src/lab/edits/fragment/fragment.js";
import { WEBGPU_SWITCHES } from "../support/browser.js";
import { type Lab, openLab } from "../support/lab.js";
import { modelFolder } from "../support/parity.js";
import { isWithout } from "../support/without.js";

const QUESTIONS = 10;

/** Largest difference at any site, in units of the site's own largest value where that is above 1. */
const TOLERANCE = 1e-4;

/** A checkpoint of three blocks: on WebGPU in software a pass of the embedded model takes minutes. */
const SMALL = "full-heads";

interface Native {
  readonly question: string;
  readonly answer: string;
  readonly file: string;
  readonly sites: readonly { readonly site: string; readonly length: number }[];
}

interface Compared {
  readonly sites: number;
  readonly answer: string;
  readonly worst: { readonly site: string; readonly difference: number };
}

let lab: Lab;

beforeAll(async () => {
  if (!isWithout("browser")) lab = await openLab(WEBGPU_SWITCHES);
}, 120_000);
afterAll(async () => {
  await lab?.close();
});

/** The native engine's values, as files beside the page, so that the page can compare them itself. */
async function writeNative(questions: readonly string[]): Promise<Native[]> {
  mkdirSync(join(lab.folder, "native"));
  using model = await CodiModel.load("tiny-codi", { engine: "native" });
  expect(model.engine.name).toBe("native");
  const made: Native[] = [];
  for (const [i, question] of questions.entries()) {
    const { captures, answer } = await model.run(question, { capture: allSites(model.config.layers) });
    const values = captures.sites.map((site) => ({ site, data: captures.get(site).data }));
    const file = `native/${i}.bin`;
    writeFileSync(join(lab.folder, file), Buffer.concat(values.map(({ data }) => new Uint8Array(data.slice().buffer))));
    made.push({
      question,
      answer: answer.text,
      file,
      sites: values.map(({ site, data }) => ({ site, length: data.length })),
    });
  }
  return made;
}

/** Runs a question in the page and compares every number with the native engine's file. */
function compare(page: Page, native: Native): Promise<Compared> {
  return page.evaluate(async ({ question, sites, file }) => {
    const { codilens } = globalThis as unknown as { codilens: { call(name: string, ask: unknown): Promise<never> } };
    const expected = new Float32Array(await (await fetch(`./${file}`)).arrayBuffer());
    const own: Record<string, Float32Array> = await codilens.call("sites", { question });
    const { answer }: { answer: { text: string } } = await codilens.call("open", { question });
    let at = 0;
    let worst = { site: "", difference: 0 };
    for (const { site, length } of sites) {
      const values = own[site];
      if (values?.length !== length) return { sites: 0, answer: answer.text, worst: { site, difference: Infinity } };
      let [difference, size] = [0, 1];
      for (let k = 0; k < length; k++) {
        const wanted = expected[at + k] ?? Number.NaN;
        difference = Math.max(difference, Math.abs((values[k] ?? Number.NaN) - wanted));
        size = Math.max(size, Math.abs(wanted));
      }
      if (!(difference / size <= worst.difference)) worst = { site, difference: difference / size };
      at += length;
    }
    return { sites: Object.keys(own).length, answer: answer.text, worst };
  }, native);
}

async function check(page: Page, natives: readonly Native[]): Promise<number> {
  let worst = 0;
  for (const [i, native] of natives.entries()) {
    const compared = await compare(page, native);
    expect(compared.answer).toBe(native.answer);
    expect(compared.sites).toBe(allSites(16).length);
    expect(compared.worst.difference, `question ${i}, ${compared.worst.site}`).toBeLessThan(TOLERANCE);
    worst = Math.max(worst, compared.worst.difference);
  }
  return worst;
}

/** The page with the small checkpoint, dropped on it, on WebGPU; its worker lets the test have the GPU's device. */
async function onWebGpu(): Promise<Page> {
  const page = await lab.open({ query: "software", fragment: toFragment(cleanState("Tom has 3 pens. How many?")) });
  await page.locator('[data-chooser="folder"]').setInputFiles(modelFolder(SMALL));
  await page.getByRole("button", { name: "Load it in place of tiny-codi" }).click();
  await page.getByText(`${SMALL} on WASM`).waitFor();
  await page.workers()[0]?.evaluate(() => {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (asked) {
      const device = await requestDevice.call(this, asked);
      Object.assign(globalThis, { device });
      return device;
    };
  });
  await page.locator(".engine select").selectOption("webgpu");
  await page.getByText(`${SMALL} on WebGPU`).waitFor({ timeout: 120_000 });
  return page;
}

describe.skipIf(isWithout("browser"))("against Node's native engine", () => {
  test(`WASM: ${QUESTIONS} questions, the same answers, and every site within 1e-4`, async () => {
    const problems = await loadProblems("tiny-codi", { n: QUESTIONS, seed: 20 });
    const natives = await writeNative(problems.map(({ question }) => question));
    const page = await lab.open();
    // Two engines never round all alike: a difference of nothing would mean that nothing was compared.
    expect(await check(page, natives)).toBeGreaterThan(0);
    await page.close();
    expect(lab.heard).toEqual([]);
  });
});

describe.skipIf(isWithout("browser"))("WebGPU in the page", () => {
  let page: Page;
  beforeAll(async () => {
    page = await onWebGpu();
  }, 180_000);

  test("a GPU that is lost in the midst of a pass has a face, and the clean state is one click away", async () => {
    // What the page waits for is aborted by the browser then, as by one who cancels.
    await page.workers()[0]?.evaluate(() => {
      const { device } = globalThis as unknown as { device: GPUDevice };
      const submit = device.queue.submit.bind(device.queue);
      let left = 3;
      device.queue.submit = (commands) => {
        left -= 1;
        if (left === 0) device.destroy();
        submit(commands);
      };
    });
    await page.locator('[data-panel="touch"]').getByRole("button", { name: /^Zero/ }).click();
    await page.locator('[data-face="lost"]').waitFor({ timeout: 120_000 });
    expect(await page.locator(".failure-facts").innerText()).toMatch(/The GPU was lost \(.*\)/);
    expect(await page.locator('[data-panel="touch"] .result').count()).toBe(0);
    expect(await lab.violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Start afresh" }).click();
    await page.getByText("tiny-codi on WASM").waitFor();
    expect(await page.locator(".failure").count()).toBe(0);
    expect(await page.locator('[data-panel="touch"] .edit').count()).toBe(0);
    await page.close();
  }, 300_000);
});
