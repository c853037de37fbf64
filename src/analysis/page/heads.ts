/** Small pictures of attention side by side: every head and the mean, or every layer. */

import type { AttentionMatrix } from "./attention.js";
import { element } from "./dom.js";
import { readerName } from "./words.js";

/** One picture. */
export interface Tile {
  /** `head 3`, `mean of all heads`, `layer 8`. */
  readonly name: string;
  readonly value: string;
  readonly matrix: AttentionMatrix;
}

/** What all pictures share. */
export interface TileOptions {
  readonly label: string;
  readonly chosen: string;
  /** Drawn darkest, the same in all. */
  readonly top: number;
  readonly choose: (value: string) => void;
}

// Readable on white and on black.
const INK = [31, 127, 209] as const;

/** @returns a button a picture, one row a reader and one column a token or latent. */
export function tiles(all: readonly Tile[], { label, chosen, top, choose }: TileOptions): HTMLElement {
  const made = all.map((tile) => {
    const one = element(
      "button",
      {
        type: "button",
        class: "tile",
        "aria-pressed": String(tile.value === chosen),
        "data-keep": `${label} ${tile.value}`,
      },
      picture(tile, top),
      element("span", {}, tile.name),
    );
    one.addEventListener("click", () => choose(tile.value));
    return one;
  });
  return element("div", { class: "tiles", role: "group", "aria-label": label }, ...made);
}

function picture({ matrix: { columns } }: Tile, top: number): HTMLCanvasElement {
  const [width, height] = [columns[0]?.weights.length ?? 1, columns.length];
  const readers = columns.map(({ reader }) => readerName(reader)).join(", ");
  const canvas = element("canvas", { width, height, role: "img", "aria-label": `attention; rows: ${readers}` });
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  const image = context.createImageData(width, height);
  for (const [y, { weights }] of columns.entries())
    for (const [x, weight] of weights.entries()) {
      const at = 4 * (y * width + x);
      image.data.set(INK, at);
      image.data[at + 3] = Math.round(255 * Math.min(1, (weight ?? 0) / top));
    }
  context.putImageData(image, 0, 0);
  return canvas;
}
