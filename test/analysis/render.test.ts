/** Drawing: the same bytes again, warnings are errors, fonts are embedded, nothing is a raster. */
// @needs build, poppler, time

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { type RenderedFigure, renderFigure } from "../../src/analysis/draw/render.js";
import { analyse, figureSpecs, loadRun } from "../../src/analysis/index.js";
import { type MadeRun, madeFolder, madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const normal: MadeRun = {
  problems: 24,
  baselineCorrect: (problem) => problem % 7 !== 3,
  broken: (problem, latent) => (problem * 7 + latent * 3) % (5 + latent) === 0,
  attention: (problem, latent, layer) => 0.05 + 0.04 * Math.sin(problem * 1.7 + latent * 2.3 + layer),
};

async function drawnFigures(run: MadeRun): Promise<Map<string, RenderedFigure>> {
  const data = loadRun(madeFolder(madeRecords(run)));
  const figures = new Map<string, RenderedFigure>();
  for (const [name, spec] of figureSpecs(analyse(data))) figures.set(name, await renderFigure(spec));
  return figures;
}

function poppler(tool: string, pdf: Uint8Array, ...options: string[]): string {
  const path = join(temporaryFolder("codilens-pdf-"), "figure.pdf");
  writeFileSync(path, pdf);
  const { status, stdout, error } = spawnSync(tool, [...options, path, ...(tool === "pdftotext" ? ["-"] : [])], {
    encoding: "utf8",
  });
  if (error !== undefined) throw new Error(`${tool} is needed: install Debian's package poppler-utils`);
  expect(status).toBe(0);
  return stdout;
}

describe("renderFigure()", () => {
  let figures: Map<string, RenderedFigure>;
  beforeAll(async () => {
    figures = await drawnFigures(normal);
  });

  test("gives the same bytes again, in another order too", async () => {
    const data = loadRun(madeFolder(madeRecords(normal)));
    for (const [name, spec] of [...figureSpecs(analyse(data))].reverse()) {
      const again = await renderFigure(spec);
      const first = figures.get(name);
      expect(again.svg, name).toBe(first?.svg);
      expect(Buffer.compare(again.png, first?.png ?? Buffer.alloc(0)), `${name}.png`).toBe(0);
      expect(Buffer.compare(again.pdf, first?.pdf ?? Buffer.alloc(0)), `${name}.pdf`).toBe(0);
    }
  });

  test.skipIf(isWithout("poppler"))(
    "PDFs hold only embedded TrueType fonts with Unicode maps, selectable text and no raster",
    () => {
      for (const [name, { pdf }] of figures) {
        const fonts = poppler("pdffonts", pdf).trim().split("\n").slice(2);
        expect(fonts.length, name).toBeGreaterThan(0);
        for (const font of fonts) expect(font, name).toMatch(/\+DejaVuSans\S*\s+CID TrueType\s+\S+\s+yes yes yes/);
        expect(poppler("pdfimages", pdf, "-list").trim().split("\n"), name).toHaveLength(2);
        expect(poppler("pdftotext", pdf), name).toMatch(/95 %/);
      }
    },
  );

  test.skipIf(isWithout("poppler"))(
    "figures fit a page: at most 7.5 inches wide, PNGs of 200 dots an inch or more at that size, and saying so",
    () => {
      for (const [name, { png, pdf }] of figures) {
        const width = Number(/Page size:\s+([\d.]+)/.exec(poppler("pdfinfo", pdf))?.[1]);
        expect(width, name).toBeLessThanOrEqual(540);
        const bytes = Buffer.from(png);
        const dotsPerInch = bytes.readUInt32BE(16) / (width / 72);
        expect(dotsPerInch, name).toBeGreaterThan(200);
        expect(bytes.toString("latin1", 37, 41)).toBe("pHYs");
        expect(bytes.readUInt32BE(41) * 0.0254).toBeCloseTo(288, 0);
        expect(bytes.readUInt32BE(50)).toBe(crc32(bytes.subarray(37, 50)));
      }
    },
  );

  test("the SVG names a family that viewers have, not the private one", () => {
    for (const [name, { svg }] of figures) {
      expect(svg, name).toContain("DejaVu Sans");
      expect(svg, name).not.toContain("CodiLens Sans");
    }
  });

  test("a warning of vega or vega-lite is an error", async () => {
    const spec = {
      data: { values: [{ a: 1 }] },
      mark: "bar",
      encoding: { x: { field: "a", type: "quantitative", bogus: 1 }, size2: {} },
    };
    await expect(renderFigure(spec)).rejects.toThrow(/vega/);
  });

  test("text that looks like markup stays text", async () => {
    const hostile = `</text><script>alert(1)</script>`;
    const { svg } = await renderFigure({ title: hostile, data: { values: [{}] }, mark: "point" });
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;script");
  });

  test.each([
    ["two problems", { ...normal, problems: 2 }, /r too few to say, n = 2/],
    ["constant importance", { ...normal, baselineCorrect: () => true, broken: () => true }, /importance is constant/],
    ["constant attention", { ...normal, attention: () => 0.1 }, /attention is constant/],
    ["every baseline wrong", { ...normal, baselineCorrect: () => false }, /no baseline answer was right/],
  ])("%s: all four figures are drawn and say what is not defined", async (_, run, reason) => {
    const drawn = await drawnFigures(run);
    const all = [...drawn.values()].map(({ svg }) => svg).join("\n");
    expect(drawn.size).toBe(4);
    expect(all.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")).toMatch(reason);
    expect(all).toMatch(/not defined|too few to say/);
    expect(all).not.toMatch(/NaN|Infinity|undefined|null(?! )/);
  });
});
