/** A figure that a script draws: as SVG, PNG or PDF, each made when it is asked for. */

import type { RenderedFigure } from "../analysis/draw/render.js";
import type { FigureExhibit } from "../exhibits/exhibit.js";

/** A figure with its data and caption. The same exhibit gives the same bytes. */
export class Drawing {
  #rendered: Promise<RenderedFigure> | undefined;

  constructor(readonly exhibit: FigureExhibit) {}

  /** @throws RangeError where the figure's specification is not drawn without a warning. */
  async svg(): Promise<string> {
    return (await this.#render()).svg;
  }

  /** 288 dots an inch at the size of the PDF. */
  async png(): Promise<Uint8Array> {
    return (await this.#render()).png;
  }

  /** Vector graphics with embedded fonts. */
  async pdf(): Promise<Uint8Array> {
    return (await this.#render()).pdf;
  }

  // Vega and the canvas are loaded by the first drawing only: most scripts draw nothing.
  #render(): Promise<RenderedFigure> {
    this.#rendered ??= import("../analysis/draw/render.js").then(({ renderFigure }) => renderFigure(this.exhibit.spec));
    return this.#rendered;
  }
}
