/** One head's pattern out of a block's, and the paths that draw it. */

import type { AttentionView } from "../../session/types.js";

/** One head's weights, `[query][key]`. */
export interface Pattern {
  readonly head: number;
  readonly size: number;
  readonly weight: (query: number, key: number) => number;
}

/** The pattern of one head. */
export function patternOf({ values, positions }: AttentionView, head: number): Pattern {
  const size = positions.length;
  return { head, size, weight: (query, key) => values[(head * size + query) * size + key] ?? 0 };
}

// Cells of one shade are one path: a picture of thousands of cells stays light.
const SHADES = 12;

/** A path for each shade, strongest last; the shade is the root of the weight, so that small ones show. */
export function shadePaths({ size, weight }: Pattern): { readonly shade: number; readonly path: string }[] {
  const paths = Array.from({ length: SHADES + 1 }, () => "");
  for (let query = 0; query < size; query++)
    for (let key = 0; key <= query; key++) {
      const shade = Math.round(Math.sqrt(weight(query, key)) * SHADES);
      if (shade > 0) paths[shade] += `M${key} ${query}h1v1h-1z`;
    }
  return paths.flatMap((path, shade) => (path === "" ? [] : [{ shade: shade / SHADES, path }]));
}

/** Where BOT, latents, EOT and answer begin. */
export function boundaries({ positions }: AttentionView): number[] {
  return positions.flatMap(({ part }, place) => (place > 0 && part !== positions[place - 1]?.part ? [place] : []));
}
