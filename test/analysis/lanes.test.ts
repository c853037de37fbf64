/** Figures, tables and statistics from other threads: the same bytes as from the main one, and the same errors. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { renderFigure } from "../../src/analysis/draw/render.js";
import { analyse, analyzeRun, figureSpecs, loadRun } from "../../src/analysis/index.js";
import { Lanes } from "../../src/analysis/lanes/lanes.js";
import { tidyTable } from "../../src/analysis/tables/tidy.js";
import { EnvironmentError } from "../../src/base/errors.js";
import type { FigureSpec } from "../../src/exhibits/figure.js";
import { parquetOf } from "../../src/exhibits/packed-table.js";
import { madeFolder, madeRecords } from "../support/records.js";

const program = new URL("../../dist/analysis/lanes/thread.js", import.meta.url);

function runFolder(): string {
  return madeFolder(
    madeRecords({
      problems: 24,
      baselineCorrect: (problem) => problem % 7 !== 3,
      broken: (problem, latent) => (problem * 7 + latent * 3) % (5 + latent) === 0,
      attention: (problem, latent, layer) => 0.05 + 0.04 * Math.sin(problem * 1.7 + latent * 2.3 + layer),
    }),
  );
}

const bars: FigureSpec = {
  mark: "bar",
  data: { values: [{ n: 3 }] },
  encoding: { x: { field: "n", type: "quantitative" } },
};

let lanes: Lanes | undefined;
function open(beside: number, runs = program): Lanes {
  lanes = new Lanes(beside, runs);
  return lanes;
}
afterEach(async () => {
  await lanes?.close();
  lanes = undefined;
});

describe("an analysis on several threads", () => {
  let data: ReturnType<typeof loadRun>;
  let specs: [string, FigureSpec][];
  beforeAll(() => {
    data = loadRun(runFolder());
    specs = [...figureSpecs(analyse(data))];
  });

  test.each([1, 2])("%i of them beside the main one draw the same bytes as it", async (beside) => {
    const shared = open(beside);
    const drawn = specs.map(([, spec]) => shared.give("figure", spec));
    for (const [place, [name, spec]] of specs.entries()) {
      const [there, here] = [await drawn[place], await renderFigure(spec)];
      expect(there?.svg, name).toBe(here.svg);
      expect(Buffer.from(there?.png ?? []).equals(here.png), `${name}.png`).toBe(true);
      expect(Buffer.from(there?.pdf ?? []).equals(here.pdf), `${name}.pdf`).toBe(true);
    }
    expect(specs.length).toBeGreaterThan(3);
  });

  test("a table is packed into the same bytes, by whoever takes it", async () => {
    const packed = tidyTable(data)?.packed;
    if (packed === undefined) throw new Error("the run has no table");
    const here = Buffer.from(await parquetOf(packed));
    const shared = open(1);
    expect(Buffer.from(await shared.give("table", packed)).equals(here)).toBe(true);
    const helped = shared.give("table", packed);
    await shared.help();
    expect(Buffer.from(await helped).equals(here)).toBe(true);
    expect(here.length).toBeGreaterThan(1000);
  });

  test("a whole analysis writes the same files with threads as without", async () => {
    const [here, there] = [runFolder(), runFolder()];
    await analyzeRun(here, { latex: true });
    const script = `const { threadsBeside } = await import("./dist/analysis/lanes/lanes.js"); await (await import("./dist/analysis/index.js")).analyzeRun(${JSON.stringify(there)}, { latex: true }); console.log(threadsBeside());`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    // On one core there are none, and this compares a file with itself.
    expect(Number(stdout)).toBeGreaterThanOrEqual(0);
    expect(readFileSync(join(there, "SHA256SUMS"), "utf8")).toBe(readFileSync(join(here, "SHA256SUMS"), "utf8"));
  });

  test("what one thread refuses, it refuses as the main one would, and goes on", async () => {
    const refused = { ...bars, mark: "no such mark" } as unknown as FigureSpec;
    const shared = open(1);
    const both = [shared.give("figure", refused), shared.give("figure", bars)] as const;
    const here = await renderFigure(refused).catch((error: Error) => error);
    const there = await both[0].catch((error: Error) => error);
    expect(there).toBeInstanceOf(here.constructor);
    expect((there as Error).message).toBe((here as Error).message);
    expect((await both[1]).svg).toBe((await renderFigure(bars)).svg);
  });

  test("a thread that ends costs what it had begun, with one clear error, and nothing else", async () => {
    // It claims the first task, as the real one does, and is gone.
    const dying = `import { parentPort, workerData } from "node:worker_threads";
      parentPort.on("message", ({ id }) => { new Int32Array(workerData.claims)[id] = workerData.me; process.exit(3); });`;
    const shared = open(1, new URL(`data:text/javascript,${encodeURIComponent(dying)}`));
    const [begun, left] = [shared.give("figure", bars), shared.give("figure", bars)];
    const failed = await begun.catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(EnvironmentError);
    expect((failed as Error).message).toBe("A thread of the analysis ended: it ended by itself");
    // What it had not begun, and what is given later, is drawn by the main one.
    const here = (await renderFigure(bars)).svg;
    expect((await left).svg).toBe(here);
    expect((await shared.give("figure", bars)).svg).toBe(here);
  });

  test("what cannot be handed to a thread is drawn by the main one", async () => {
    const withFunction = { ...bars, usermeta: { formatted: () => "3" } } as unknown as FigureSpec;
    expect((await open(1).give("figure", withFunction)).svg).toBe((await renderFigure(bars)).svg);
  });

  test("without threads figures are drawn one after the other", async () => {
    const alone = open(0);
    const drawn = await Promise.all(specs.map(([, spec]) => alone.give("figure", spec)));
    for (const [place, [name, spec]] of specs.entries())
      expect(drawn[place]?.svg, name).toBe((await renderFigure(spec)).svg);
  });
});
