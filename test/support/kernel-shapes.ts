/** What `kernel-numbers.ts` computes with. */

/** Rows and width of weights that are large enough for kernels of ours; widths with and without a rest. */
export const SIZES = [
  [512, 512],
  [401, 1035],
] as const;

/** Columns: one, a few, and more, with and without a rest. */
export const columnsOf = [1, 2, 3, 4, 5, 8, 9, 16, 33, 48, 64, 70] as const;

/** Cells of a norm: one, fewer and more than a tile, with and without a rest. */
export const cellsOf = [1, 3, 16, 17, 64, 65, 131] as const;

export const widthsOf = [1, 2, 15, 16, 17, 49, 300] as const;

export const HEADS = [
  { heads: 3, kvHeads: 3, dHead: 8, rows: 1, columns: 1, turns: false },
  { heads: 4, kvHeads: 2, dHead: 8, rows: 3, columns: 7, turns: true },
  { heads: 2, kvHeads: 1, dHead: 16, rows: 2, columns: 16, turns: true },
  { heads: 12, kvHeads: 12, dHead: 64, rows: 2, columns: 40, turns: false },
] as const;

/** Heads' products: batch, heads, queries, keys, depth; all are more than one thread's work. */
export const PRODUCTS = [
  [2, 3, 40, 50, 64],
  [1, 4, 64, 64, 20],
] as const;

/** Numbers that repeat in no period of the shapes above. */
export function wave(length: number, step: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * step + 0.3));
}

/** Rows of what the largest numbers are told of, and how many of them. */
export const ROWS = 300;
export const TOPS = [1, 2, 16] as const;

/** Numbers of which some are equal, `[ROWS, cells]`. */
export function logitsOf(cells: number): Float32Array {
  return wave(ROWS * cells, 0.9).map((value) => Math.fround(Math.round(value * 40) / 8));
}
