/** A figure that a script draws: as SVG, PNG or PDF, each made when it is asked for. */

import type { RenderedFigure } from "../analysis/draw/render.js";
import { escapeHtml, inlineSvg, prefixIds } from "../analysis/report/html.js";
import { hashText } from "../base/hash-text.js";
import type { FigureExhibit } from "../exhibits/exhibit.js";
import { framed, oneLine } from "./show/fragment.js";
import { JUPYTER_DISPLAY, type MediaBundle } from "./show/shown.js";

/**
 * A figure with its data and caption, which a notebook shows by itself. The same exhibit gives the same bytes.
 *
 * @example
 * ```ts
 * import { figureExhibit } from "codilens/analysis";
 * const spec = { mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } };
 * const drawing = new Drawing(figureExhibit({ key: "", title: "Three", spec, caption: "One bar." }));
 * drawing.exhibit.data.rows.length; // → 1
 * ```
 */
export class Drawing {
  #rendered: Promise<RenderedFigure> | undefined;

  constructor(readonly exhibit: FigureExhibit) {}

  /**
   * @throws RangeError where the figure's specification is not drawn without a warning.
   *
   * @example
   * ```ts
   * import { figureExhibit } from "codilens/analysis";
   * const spec = { mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } };
   * const drawing = new Drawing(figureExhibit({ key: "", title: "Three", spec, caption: "One bar." }));
   * (await drawing.svg()).startsWith("<svg"); // → true
   * ```
   */
  async svg(): Promise<string> {
    return (await this.#render()).svg;
  }

  /**
   * 288 dots an inch at the size of the PDF.
   *
   * @example
   * ```ts
   * import { figureExhibit } from "codilens/analysis";
   * const spec = { mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } };
   * const drawing = new Drawing(figureExhibit({ key: "", title: "Three", spec, caption: "One bar." }));
   * (await drawing.png())[0]; // → 137
   * ```
   */
  async png(): Promise<Uint8Array> {
    return (await this.#render()).png;
  }

  /**
   * Vector graphics with embedded fonts.
   *
   * @example
   * ```ts
   * import { figureExhibit } from "codilens/analysis";
   * const spec = { mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } };
   * const drawing = new Drawing(figureExhibit({ key: "", title: "Three", spec, caption: "One bar." }));
   * new TextDecoder().decode((await drawing.pdf()).subarray(0, 4)); // → %PDF
   * ```
   */
  async pdf(): Promise<Uint8Array> {
    return (await this.#render()).pdf;
  }

  /**
   * The figure on white with its caption, as one element for any page: no request, no script.
   *
   * @example
   * ```ts
   * import { figureExhibit } from "codilens/analysis";
   * const spec = { mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } };
   * const drawing = new Drawing(figureExhibit({ key: "", title: "Three", spec, caption: "One bar." }));
   * (await drawing.toHTML()).includes("One bar."); // → true
   * ```
   */
  async toHTML(): Promise<string> {
    const svg = await this.svg();
    // The figure is drawn for paper; its caption has the page's colours.
    const paper = `<div style="background:#fff;overflow-x:auto">${inlineSvg(svg, idOf(svg))}</div>`;
    return framed(`<figure>${paper}<figcaption class="soft">${escapeHtml(this.exhibit.caption)}</figcaption></figure>`);
  }

  /**
   * Title and caption.
   *
   * @example
   * ```ts
   * import { figureExhibit } from "codilens/analysis";
   * const spec = { mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } };
   * const drawing = new Drawing(figureExhibit({ key: "", title: "Three", spec, caption: "One bar." }));
   * `${drawing}`.split("\n"); // → [ 'Three', 'One bar.' ]
   * ```
   */
  toString(): string {
    const { title, caption } = this.exhibit;
    return [title, caption]
      .filter((text) => text !== "")
      .map(oneLine)
      .join("\n");
  }

  async [JUPYTER_DISPLAY](): Promise<MediaBundle> {
    const [svg, png] = [await this.svg(), await this.png()];
    return {
      // Pages put several figures side by side, whose gradients must not be taken for each other's.
      "image/svg+xml": prefixIds(svg, idOf(svg)),
      "image/png": Buffer.from(png).toString("base64"),
      "text/plain": this.toString(),
    };
  }

  // Vega and the canvas are loaded by the first drawing only: most scripts draw nothing.
  #render(): Promise<RenderedFigure> {
    this.#rendered ??= import("../analysis/draw/render.js").then(({ renderFigure }) => renderFigure(this.exhibit.spec));
    return this.#rendered;
  }
}

function idOf(svg: string): string {
  return `f${(hashText(svg) >>> 0).toString(36)}`;
}
