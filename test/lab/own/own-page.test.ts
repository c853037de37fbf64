/** Your own question, checkpoint, trace and run, the tour and the faces of failures, in Chromium. */
// @needs build, browser, time

import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { recordLine } from "../../../src/records/record-line.js";
import { type Lab, openLab } from "../../support/lab.js";
import { madeRecords } from "../../support/records.js";
import { temporaryFolder } from "../../support/temporary.js";
import { isWithout } from "../../support/without.js";

const folder = temporaryFolder("codilens-own-");
let lab: Lab;
let page: Page;

beforeAll(async () => {
  if (isWithout("browser")) return;
  lab = await openLab();
  page = await lab.open();
}, 120_000);
afterAll(async () => {
  await lab?.close();
});
afterEach(() => {
  expect(lab?.heard ?? []).toEqual([]);
});

const text = (selector: string): Promise<string> => page.locator(selector).first().innerText();
const choose = (kind: "folder" | "file", path: string): Promise<void> =>
  page.locator(`[data-chooser="${kind}"]`).setInputFiles(path);

/** A copy of the embedded model's folder. */
function checkpoint(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const file of ["codi.json", "config.json", "model.safetensors", "tokenizer.json"])
    cpSync(`weights/tiny-codi/${file}`, join(path, file));
  return path;
}

describe.skipIf(isWithout("browser"))("a question", () => {
  test("is marked where the model cannot know it, and is of its kind or not", async () => {
    await page.locator(".question-text").fill("Tom has 3 bikes. Tom buys 40 more. How many bikes does Tom have now?");
    expect(await page.locator(".question-marked mark").allInnerTexts()).toEqual(["bikes", "40", "bikes"]);
    expect(await text(".question-notes > p:last-child")).toMatch(/Sentence 1 is not one of the training/);
    expect(await lab.violations(page)).toEqual([]);
    await page.locator(".question-examples select").selectOption("2-step-6");
    expect(await page.locator(".question-text").inputValue()).toContain("Noah has 20 shells.");
    expect(await text(".question-notes > p:last-child")).toMatch(/2 steps: 23 → 12. The right answer is 12\.$/);
  });
});

describe.skipIf(isWithout("browser"))("a dropped", () => {
  test("checkpoint says what it takes, and is loaded when asked", async () => {
    await choose("folder", checkpoint("mine"));
    await page.locator('[data-found="checkpoint"]').waitFor();
    expect(await text(".own-found > p")).toMatch(/^mine has 830,784 weights and takes about \d+ MiB of memory here\.$/);
    await page.getByRole("button", { name: "Load it in place of tiny-codi" }).click();
    await page.getByText("It is loaded, and answers the question above.").waitFor();
    expect(await text(".engine")).toContain("mine on WASM");
    await page.getByRole("button", { name: "Back to tiny-codi" }).click();
    await page.getByText("tiny-codi on WASM").waitFor();
  });

  test("torn checkpoint is refused with the reader's sentence, and the model that was there still answers", async () => {
    const torn = checkpoint("torn");
    truncateSync(join(torn, "model.safetensors"), 1_000_000);
    await choose("folder", torn);
    await page.locator('[data-face="file"]').waitFor();
    expect(await text(".failure-facts")).toMatch(/torn\/model\.safetensors: truncated: needs \d+ bytes, has 1000000/);
    expect(await lab.violations(page)).toEqual([]);
    expect(await text(".engine")).toContain("tiny-codi on WASM");
    await page.getByRole("button", { name: "Put this away" }).click();
    await page.locator(".failure").waitFor({ state: "detached" });
  });

  test("checkpoint that cannot fit is refused before a weight is read", async () => {
    const huge = join(folder, "huge");
    mkdirSync(huge);
    for (const file of ["codi.json", "config.json", "tokenizer.json"])
      cpSync(`weights/tiny-codi/${file}`, join(huge, file));
    // The header of a model with wide MLPs, and a file of its size that holds nothing but a hole.
    const rows = 400_000;
    const config = JSON.parse(readFileSync(join(huge, "config.json"), "utf8")) as Record<string, unknown>;
    writeFileSync(join(huge, "config.json"), JSON.stringify({ ...config, intermediate_size: rows }));
    const bytes = readFileSync("weights/tiny-codi/model.safetensors");
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString("utf8")) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: number[] }
    >;
    let at = 0;
    for (const [name, entry] of Object.entries(header)) {
      if (name === "__metadata__") continue;
      entry.shape = entry.shape.map((n) => (n === 192 ? rows : n));
      const size = entry.shape.reduce((product, n) => product * n, 4);
      entry.data_offsets = [at, at + size];
      at += size;
    }
    const text8 = Buffer.from(JSON.stringify(header));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(text8.length));
    const file = join(huge, "model.safetensors");
    writeFileSync(file, Buffer.concat([start, text8]));
    truncateSync(file, 8 + text8.length + at);
    await choose("folder", huge);
    await page.locator('[data-face="memory"]').waitFor();
    expect(await text(".failure-facts")).toMatch(/huge has 1\.23 billion weights .* WebAssembly can address 4\.0 GiB/);
    await page.getByRole("button", { name: "Put this away" }).click();
  });

  test("run gives its conditions as edits of the page", async () => {
    const question = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";
    const records = madeRecords({
      problems: 2,
      question: () => question,
      broken: (problem, latent) => latent <= problem,
    });
    const zeroed = records.map((record) =>
      record.condition.latent === null
        ? record
        : {
            ...record,
            condition: {
              ...record.condition,
              interventions: [`zero:blocks.8.hook_resid_post@latent.${record.condition.latent}`],
            },
          },
    );
    writeFileSync(join(folder, "records.jsonl"), zeroed.map(recordLine).join(""));
    await choose("file", join(folder, "records.jsonl"));
    await page.locator('[data-found="run"]').waitFor();
    expect(await page.getByLabel("Problem", { exact: true }).innerText()).toContain("p1: 2 of 6 change the answer");
    expect(await page.locator(".own-table tbody tr").count()).toBe(7);
    expect(await lab.violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Open zero latent.1 at layer 8 here" }).click();
    expect(await page.locator(".question-text").inputValue()).toBe(question);
  });

  test("file that is nothing of ours is refused", async () => {
    const path = join(folder, "notes.txt");
    writeFileSync(path, "notes");
    await choose("file", path);
    await page.locator('[data-face="file"]').waitFor();
    expect(await text(".failure-facts")).toContain("notes.txt is none of the files that this page reads");
    await page.getByRole("button", { name: "Put this away" }).click();
  });

  test("file anywhere on the page is read, and the page stays", async () => {
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["{}"], "bad.jsonl"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    });
    await page.locator('[data-face="file"]').waitFor();
    expect(await text(".failure-facts")).toContain("bad.jsonl holds no record");
    await page.getByRole("button", { name: "Put this away" }).click();
  });
});

describe.skipIf(isWithout("browser"))("the tour", () => {
  test("is taken by the keyboard alone: eight steps forward, one back, Escape, and the focus is where it was", async () => {
    const button = page.getByRole("button", { name: "New here? Take the tour" });
    await button.focus();
    await page.keyboard.press("Enter");
    const titles: string[] = [];
    for (let step = 0; step < 8; step++) {
      const title = page.locator("#tour-title");
      await page.getByText(`step ${step + 1} of 8`).waitFor();
      titles.push(await title.innerText());
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("tour-title");
      if (step === 1 || step === 6) expect(await lab.violations(page)).toEqual([]);
      if (step === 7) break;
      for (let tabs = 0; tabs < 12; tabs++) {
        await page.keyboard.press("Tab");
        if ((await page.evaluate(() => document.activeElement?.textContent)) === "Next") break;
      }
      await page.keyboard.press("Enter");
    }
    expect(new Set(titles).size).toBe(8);
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByText("step 7 of 8").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".tour").waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Tour");
    expect(await page.locator(".tour-lit").count()).toBe(0);
  });

  test("does not print", async () => {
    await page.getByRole("button", { name: "Tour", exact: true }).click();
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".tour").isVisible()).toBe(false);
    await page.emulateMedia({ media: "screen" });
    await page.keyboard.press("Escape");
  });
});

describe.skipIf(isWithout("browser"))("a failure", () => {
  test("of the page's own files has a face, and the clean state is one click away", async () => {
    const torn = await lab.open({ live: false });
    const bytes = readFileSync("weights/tiny-codi/model.safetensors").subarray(0, 500_000);
    await torn.route("**/model.safetensors", (route) => route.fulfill({ body: bytes }));
    await torn.reload();
    await torn.locator('[data-face="file"]').waitFor();
    expect(await torn.locator(".failure-facts").innerText()).toMatch(/truncated: needs \d+ bytes, has 500000/);
    await torn.unroute("**/model.safetensors");
    await torn.getByRole("button", { name: "Start afresh" }).click();
    await torn.locator(".failure").waitFor({ state: "detached" });
    await torn.getByText("tiny-codi on WASM").waitFor();
    await torn.close();
  });

  test("of WebGPU that is not there says so", async () => {
    await page.locator(".engine select").selectOption("webgpu");
    await page.locator('[data-face="webgpu"]').waitFor();
    expect(await lab.violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Start afresh" }).click();
    await page.getByText("tiny-codi on WASM").waitFor();
  });

  test("of the worker is noticed at once, and what was set by hand survives a new start", async () => {
    const dead = page;
    await dead.locator(".question-examples select").selectOption("2-step-6");
    await dead
      .workers()
      .at(-1)
      ?.evaluate(
        () =>
          void setTimeout(() => {
            throw new Error("it broke");
          }),
      );
    await dead.locator('[data-face="worker"]').waitFor();
    expect(await dead.locator(".failure-facts").innerText()).toMatch(/worker stopped: .*it broke/);
    // The browser may report the error, too.
    lab.heard.splice(0);
    await dead.getByRole("button", { name: "Start again, keep my edits" }).click();
    await dead.getByText("tiny-codi on WASM").waitFor();
    expect(await dead.locator(".question-text").inputValue()).toContain("Noah has 20 shells.");
  });
});

describe.skipIf(isWithout("browser"))("a browser", () => {
  test("without WebAssembly SIMD is told which one to take, and the example can be looked at", async () => {
    const old = await openLab(["--js-flags=--no-enable-sse4-1 --no-enable-ssse3"]);
    // Without motion the example stands still; while it plays, thoughts that are still to come are faint.
    const plain = await old.open({ live: false, reducedMotion: "reduce" });
    await plain.locator('[data-face="simd"]').waitFor();
    expect(await plain.locator(".failure-facts").innerText()).toMatch(/no WebAssembly with SIMD/);
    expect(await old.violations(plain)).toEqual([]);
    await plain.locator(".thought").first().waitFor();
    await old.close();
    expect(old.heard).toEqual([]);
  });
});
