/** A specification as SVG, PNG (288 dpi at the size of the PDF) and vector PDF with embedded fonts; the same bytes on every run. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { createCanvas, GlobalFonts, PDFDocument } from "canvas";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { commandLine } from "../../../scripts/setup/command-line.mjs";
import { EnvironmentError } from "../../base/errors.js";
import { type FigureSpec, FONT } from "../../exhibits/figure.js";

/** One figure in three forms. */
export interface RenderedFigure {
  readonly svg: string;
  readonly png: Uint8Array;
  readonly pdf: Uint8Array;
}

/** How a figure is drawn. */
export interface RenderOptions {
  /** Called where nothing is left but packing the PNG, and the next figure may be drawn. */
  readonly onDrawn?: () => void;
}

// A unit is printed as 1/72 inch; four pixels each give 288 dots an inch.
const PNG_SCALE = 4;
const INCHES_PER_METRE = 1 / 0.0254;

/**
 * @throws EnvironmentError when the fonts are missing; RangeError when vega warns: a figure is right or it is not drawn.
 *
 * @example
 * ```ts
 * const { png, svg } = await renderFigure({ mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } });
 * svg.startsWith("<svg"); // → true
 * png[0]; // → 137
 * ```
 */
export async function renderFigure(spec: FigureSpec, { onDrawn }: RenderOptions = {}): Promise<RenderedFigure> {
  registerFonts();
  const logger = throwingLogger();
  const { spec: vegaSpec } = compile(spec as unknown as TopLevelSpec, { logger });
  const view = new vega.View(vega.parse(vegaSpec), { renderer: "none", logger });
  try {
    await view.runAsync();
    // The ids of gradients count on through the process otherwise, and bytes would depend on the order of figures.
    vega.resetSVGDefIds();
    // A viewer has not the private family: it gets the same face by its public name, or one like it.
    const svg = (await view.toSVG()).replaceAll(FONT, "DejaVu Sans, Verdana, sans-serif");
    const png = await toPng(view);
    const pdf = await toPdf(view, svg);
    onDrawn?.();
    return { svg, png: await png.packed, pdf };
  } finally {
    view.finalize();
  }
}

/** @returns the drawing, which is packed on another core while the next is drawn; in a wrapper, for it is not to be waited for here. */
async function toPng(view: vega.View): Promise<{ readonly packed: Promise<Uint8Array> }> {
  const canvas = (await view.toCanvas(PNG_SCALE)) as unknown as { encode(format: "png"): Promise<Uint8Array> };
  const packed = canvas.encode("png").then((png) => withPrintSize(png, 72 * PNG_SCALE));
  packed.catch(() => undefined);
  return { packed };
}

// The PNG says its own size on paper (chunk pHYs, right after the header): else a word processor takes it for 72 or 96 dpi.
function withPrintSize(png: Uint8Array, dotsPerInch: number): Uint8Array {
  const headerEnd = 33;
  const chunk = Buffer.alloc(21);
  const dotsPerMetre = Math.round(dotsPerInch * INCHES_PER_METRE);
  chunk.writeUInt32BE(9, 0);
  chunk.write("pHYs", 4, "latin1");
  chunk.writeUInt32BE(dotsPerMetre, 8);
  chunk.writeUInt32BE(dotsPerMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, headerEnd), chunk, png.subarray(headerEnd)]);
}

async function toPdf(view: vega.View, svg: string): Promise<Uint8Array> {
  const [, width = "0", height = "0"] = /<svg[^>]*\bwidth="([\d.]+)"[^>]*\bheight="([\d.]+)"/.exec(svg) ?? [];
  const document = new PDFDocument();
  const context = document.beginPage(Math.ceil(Number(width)), Math.ceil(Number(height)));
  await view.toCanvas(1, { externalContext: context } as unknown as Parameters<vega.View["toCanvas"]>[1]);
  document.endPage();
  return document.close();
}

let registered = false;

// Without a font the canvas draws no text and says nothing.
function registerFonts(): void {
  if (registered) return;
  for (const face of ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]) {
    const path = fileURLToPath(new URL(`../../../assets/fonts/${face}`, import.meta.url));
    if (!existsSync(path) || !GlobalFonts.registerFromPath(path, FONT))
      throw new EnvironmentError(`Cannot load font ${face}`, "install the package again: assets/fonts is part of it");
  }
  const context = createCanvas(8, 8).getContext("2d");
  context.font = `12px "${FONT}"`;
  if (!GlobalFonts.has(FONT) || context.measureText("r = 0.2").width === 0)
    throw new EnvironmentError("The figure font draws nothing", `run \`${commandLine("doctor")}\``);
  registered = true;
}

function throwingLogger(): vega.LoggerInterface {
  const refuse = (...messages: readonly unknown[]): never => {
    throw new RangeError(`vega: ${messages.join(" ")}`);
  };
  const logger: vega.LoggerInterface = {
    level: ((_?: number) => logger) as vega.LoggerInterface["level"],
    error: refuse,
    warn: refuse,
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}
