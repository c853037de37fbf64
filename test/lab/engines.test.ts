/** The page's engines against Node's native one: every site of ten questions, in Chromium on WASM. */
// @needs engine, build, browser, time

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allSites } from "../../src/browser.js";
import { CodiModel, loadProblems } from "../../src/index.js";
import { type Lab, openLab } from "../support/lab.js";
import { isWithout } from "../support/without.js";

const QUESTIONS = 10;

/** Largest difference at any site, in units of the site's own largest value where that is above 1. */
const TOLERANCE = 1e-4;

interface Native {
  readonly question: string;
  readonly answer: string;
  readonly sites: readonly { readonly site: string; readonly length: number }[];
}

interface Compared {
  readonly sites: number;
  readonly answer: string;
  readonly worst: { readonly site: string; readonly difference: number };
}

let lab: Lab;
let native: Native[];

beforeAll(async () => {
  if (isWithout("browser")) return;
  lab = await openLab();
  native = await writeNative(join(lab.folder, "native"));
});
afterAll(async () => {
  await lab?.close();
});

/** The native engine's values, as files beside the page, so that the page can compare them itself. */
async function writeNative(folder: string): Promise<Native[]> {
  mkdirSync(folder);
  using model = await CodiModel.load("tiny-codi", { engine: "native" });
  expect(model.engine.name).toBe("native");
  const problems = await loadProblems("tiny-codi", { n: QUESTIONS, seed: 20 });
  const made: Native[] = [];
  for (const [i, { question }] of problems.entries()) {
    const { captures, answer } = await model.run(question, { capture: allSites(model.config.layers) });
    const values = captures.sites.map((site) => ({ site, data: captures.get(site).data }));
    writeFileSync(
      join(folder, `${i}.bin`),
      Buffer.concat(values.map(({ data }) => new Uint8Array(data.slice().buffer))),
    );
    made.push({
      question,
      answer: answer.text,
      sites: values.map(({ site, data }) => ({ site, length: data.length })),
    });
  }
  return made;
}

/** Runs a question in the page and compares every number with the native engine's file. */
function compare(page: Page, i: number): Promise<Compared> {
  return page.evaluate(
    async ({ question, sites, file }) => {
      const { codilens } = globalThis as unknown as { codilens: { call(name: string, ask: unknown): Promise<never> } };
      const expected = new Float32Array(await (await fetch(file)).arrayBuffer());
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
    },
    { ...(native[i] ?? { question: "", sites: [] }), file: `./native/${i}.bin` },
  );
}

async function check(page: Page, count: number): Promise<number> {
  let worst = 0;
  for (let i = 0; i < count; i++) {
    const compared = await compare(page, i);
    expect(compared.answer).toBe(native[i]?.answer);
    expect(compared.sites).toBe(allSites(16).length);
    expect(compared.worst.difference, `question ${i}, ${compared.worst.site}`).toBeLessThan(TOLERANCE);
    worst = Math.max(worst, compared.worst.difference);
  }
  return worst;
}

describe.skipIf(isWithout("browser"))("against Node's native engine", () => {
  test(`WASM: ${QUESTIONS} questions, the same answers, and every site within 1e-4`, async () => {
    const page = await lab.open();
    // Two engines never round all alike: a difference of nothing would mean that nothing was compared.
    expect(await check(page, QUESTIONS)).toBeGreaterThan(0);
    await page.close();
    expect(lab.heard).toEqual([]);
  });
});
