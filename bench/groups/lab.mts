/** The page of `codilens lab` in Chromium on both of its engines, beside the same session in Node: first paint, start, an edited answer, a sweep. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { ensureLab } from "../../scripts/lab/build.mjs";
import { pageFiles } from "../../src/cli/lab/page-files.js";
import { servePage } from "../../src/cli/lab/serve.js";
import { cleanState } from "../../src/lab/edits/edit.js";
import { FIRST_QUESTION } from "../../src/lab/page/first.js";
import type { StartAsk } from "../../src/lab/worker/messages.js";
import { openBrowser } from "../../test/support/browser.js";
import type { Context, Group, Outcome } from "../context.mjs";
import { editedState } from "../lab-edit.mjs";
import { spreadOf } from "../statistics.mjs";
import { secondsText, table } from "../table.mjs";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPT = join(PROJECT, "bench", "contenders", "ours-lab.mts");

/** Seconds of the same steps, a number a round. */
interface Measured {
  /** From the edit to its answer, and to the last of its controls. */
  readonly edited: readonly number[];
  readonly controls: readonly number[];
  /** All 96 cells zeroed in turn. */
  readonly sweep: readonly number[];
}

/** Of the page alone. */
interface Opened {
  readonly firstPaint: readonly number[];
  readonly ready: readonly number[];
}

async function run(context: Context): Promise<Outcome> {
  const { rounds } = context.arguments;
  await ensureLab();
  const { url, server } = await servePage(pageFiles(), 0);
  try {
    const browser = await openBrowser(["--enable-unsafe-webgpu", "--enable-features=Vulkan"]);
    try {
      const opened = await openedOften(browser, { url, rounds });
      context.say(`  first paint ${secondsText(spreadOf(opened.firstPaint))}`);
      const wasm = await inPage(browser, { url, rounds, engine: "wasm" });
      context.say(`  WASM: an edited answer ${secondsText(spreadOf(wasm.edited))}`);
      // An adapter in software is refused: it takes minutes, and says nothing of a graphics card.
      const webgpu = await inPage(browser, { url, rounds, engine: "webgpu" }).catch(saidOf);
      context.say(`  WebGPU: ${"why" in webgpu ? webgpu.why : secondsText(spreadOf(webgpu.edited))}`);
      const [native, nodeWasm] = [inNode("native", rounds), inNode("wasm", rounds)];
      return outcomeOf(opened, { wasm, webgpu, native, nodeWasm });
    } finally {
      await browser.close();
    }
  } finally {
    server.close();
  }
}

/** A contender that is not there, or did not come to its end. */
interface Lost {
  readonly why: string;
}

function saidOf(error: unknown): Lost {
  const text = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  return { why: text.replace(/^page\.evaluate: (?:\w+: )?/, "") };
}

interface Visit {
  readonly url: string;
  readonly rounds: number;
}

/** The page in a fresh context each round: nothing is in a cache. */
async function openedOften(browser: Browser, { url, rounds }: Visit): Promise<Opened> {
  const [firstPaint, ready]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const page = await browser.newPage();
    await page.goto(url);
    await isReady(page);
    ready.push((await page.evaluate<number>("performance.now()")) / 1000);
    const paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime";
    firstPaint.push((await page.evaluate<number>(paint)) / 1000);
    await page.close();
  }
  return { firstPaint, ready };
}

async function isReady(page: Page): Promise<void> {
  await page.locator('.engine [data-phase="ready"]').waitFor({ timeout: 120_000 });
}

/** The page's worker, asked as the page asks it. */
async function inPage(
  browser: Browser,
  { url, rounds, engine }: Visit & { readonly engine: "wasm" | "webgpu" },
): Promise<Measured> {
  const page = await browser.newPage();
  await page.goto(url);
  await isReady(page);
  const start: StartAsk = { engine, dropped: null };
  await page.evaluate(`codilens.call("start", ${JSON.stringify(start)})`);
  const timed = (name: string, ask: unknown): Promise<{ first: number; last: number }> =>
    page.evaluate(
      `(async () => {
        const start = performance.now();
        let first = null;
        const onPart = () => { first ??= performance.now() - start; };
        await codilens.call(${JSON.stringify(name)}, ${JSON.stringify(ask)}, { onPart });
        return { first, last: performance.now() - start };
      })()`,
    );
  const measured = await rounded(rounds, timed);
  await page.close();
  return measured;
}

/** Asks for an edited answer and a sweep each round; what is done once a question is done before. */
async function rounded(
  rounds: number,
  timed: (name: string, ask: unknown) => Promise<{ readonly first: number; readonly last: number }>,
): Promise<Measured> {
  const [edited, controls, sweep]: [number[], number[], number[]] = [[], [], []];
  await timed("run", { state: editedState(0) });
  for (let round = 0; round < rounds; round++) {
    const { first, last } = await timed("run", { state: editedState(round) });
    edited.push(first / 1000);
    controls.push(last / 1000);
    const whole = await timed("sweep", { state: cleanState(FIRST_QUESTION), operation: { kind: "zero" } });
    sweep.push(whole.last / 1000);
  }
  return { edited, controls, sweep };
}

/** The same session in a Node process of its own. */
function inNode(engine: "native" | "wasm", rounds: number): Measured {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", SCRIPT, engine, String(rounds)], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${engine} ended with ${status}: ${stderr.slice(-300)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured;
}

interface Contenders {
  readonly wasm: Measured;
  readonly webgpu: Measured | Lost;
  readonly native: Measured;
  readonly nodeWasm: Measured;
}

function outcomeOf(opened: Opened, contenders: Contenders): Outcome {
  const { wasm, webgpu, native, nodeWasm } = contenders;
  const all = [wasm, webgpu, native, nodeWasm];
  const row = (what: string, of: (each: Measured) => readonly number[]): string[] => [
    what,
    ...all.map((each) => ("why" in each ? "–" : secondsText(spreadOf(of(each))))),
  ];
  const median = (values: readonly number[]): number => spreadOf(values).median;
  return {
    lines: [
      "The page of `codilens lab` in headless Chromium with the embedded model, beside the same session in Node.",
      "",
      `First paint, nothing in a cache: ${secondsText(spreadOf(opened.firstPaint))}. Engine and model ready: ${secondsText(spreadOf(opened.ready))}.`,
      "",
      ...table(
        ["seconds", "Chromium, WASM", "Chromium, WebGPU", "Node, native", "Node, WASM"],
        [
          row("an edit to its new answer", ({ edited }) => edited),
          row("the same, with its controls", ({ controls }) => controls),
          row("a sweep of 96 cells", ({ sweep }) => sweep),
        ],
      ),
      ...("why" in webgpu ? ["", `WebGPU is not measured: ${webgpu.why}.`] : []),
    ],
    targets: [
      { what: "first paint of the page", wanted: 1, sense: "at most", unit: " s", measured: median(opened.firstPaint) },
      {
        what: "an edit to its new answer, in the page on WASM",
        wanted: 1,
        sense: "at most",
        unit: " s",
        measured: median(wasm.edited),
      },
    ],
    figures: [],
    data: { opened, ...contenders },
  };
}

/** The group. */
export const labGroup: Group = { name: "lab", run };
