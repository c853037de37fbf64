/** The maps of the study `patching`: which activations are patched where. Data only. */

import { range } from "../../base/range.js";
import { parseIntervention } from "../../model/hooks/interventions.js";
import type { Condition } from "../../model/latent/run-types.js";

/** One map: every cell is a run of its own. */
export interface PatchMap {
  /** The run that is patched: the question's (noising) or the counterfactual's (denoising). */
  readonly base: "clean" | "counterfactual";
  readonly site: "resid" | "attn" | "mlp" | "head" | "all";
  /** Instead of the other run of the pair: an unrelated problem's, or the patched run's own, which must change nothing. */
  readonly control: "unrelated" | "identity" | null;
  /**
   * Of `head`, and of `resid` with `latents`: the positions that are patched together, and no others. `each`: of any site, every block,
   * position and head by itself.
   */
  readonly at: "latents" | "answer" | "each" | null;
  /** Left out: every cell is patched. Else its effect is predicted: by the gradient at the base run, or by gradients on the way to the source. */
  readonly by?: "gradient" | "integrated";
  /** Left out: the cells are the runs. Else it is no map, and its study makes so many runs of a pair, beside the gradients on the way. */
  readonly runs?: number;
  /** Cells are patched, and what one gradient at the base run predicts for them is kept beside. */
  readonly isPredicted?: true;
  /** At most in so many problems of a run, evenly spaced in its order; records of the others hold no map. Left out: in every one. */
  readonly problems?: number;
}

/** A problem's place in a run's order. */
export interface RunPlace {
  readonly index: number;
  /** Problems of the run. */
  readonly problems: number;
}

/** Whether a map is made of the problem at a place. */
export function isDrawn({ problems: most }: PatchMap, { index, problems }: RunPlace): boolean {
  if (most === undefined || most >= problems) return true;
  const before = (count: number): number => Math.floor((count * most) / problems);
  return before(index + 1) > before(index);
}

/** What is known of the sequence that is patched. */
export interface PairShape {
  readonly depth: number;
  readonly heads: number;
  readonly latents: number;
  /** Positions of the question whose token differs, and the last one. */
  readonly changed: readonly number[];
  readonly lastQuestion: number;
  /** The answer token after which the two answers part, or null where they part at EOT. */
  readonly before: number | null;
}

/** One cell. */
export interface PatchCell {
  readonly row: string;
  readonly column: string;
  readonly condition: Condition;
}

/** The maps, in the order of the records. */
export const PATCH_MAPS: readonly PatchMap[] = [
  { base: "clean", site: "resid", control: null, at: null, isPredicted: true },
  { base: "counterfactual", site: "resid", control: null, at: null },
  { base: "clean", site: "attn", control: null, at: null, isPredicted: true },
  { base: "clean", site: "mlp", control: null, at: null, isPredicted: true },
  { base: "clean", site: "head", control: null, at: "latents", isPredicted: true },
  { base: "clean", site: "head", control: null, at: "answer", isPredicted: true },
  { base: "clean", site: "resid", control: "unrelated", at: null },
  { base: "clean", site: "all", control: "identity", at: null },
];

/** Names of the sites, by the name of a map's. */
export const SITES = {
  resid: "hook_resid_post",
  attn: "hook_attn_out",
  mlp: "hook_mlp_out",
  head: "attn.hook_z",
} as const;
/** Sites that a source run has to keep. */
export const PATCH_SITES: readonly string[] = Object.values(SITES).map((site) => `blocks.*.${site}`);

// What one block of attention or MLP writes is little, so neighbouring blocks are patched together (as Meng et al. 2022 do), in about
// this many windows.
const WINDOWS = 8;

/** Stretches of blocks, first and last: `0–1`, `2–3`. */
export function windowsOf(depth: number): { readonly name: string; readonly layers: number[] }[] {
  const size = Math.ceil(depth / WINDOWS);
  return range(Math.ceil(depth / size)).map((i) => {
    const layers = range(depth).slice(i * size, (i + 1) * size);
    const [first, last] = [layers[0], layers.at(-1)];
    return { name: first === last ? `${first}` : `${first}–${last}`, layers };
  });
}

function lastOf(windows: ReturnType<typeof windowsOf>): number[] {
  return windows.flatMap(({ layers }) => layers.slice(-1));
}

/** A map's rows: name → addresses. */
function placesOf({ latents, changed, lastQuestion, before }: PairShape): (readonly [string, readonly string[]])[] {
  const question = (positions: readonly number[]): string[] => positions.map((i) => `question.${i}`);
  const between = range(lastQuestion + 1).filter((i) => i > (changed[0] ?? lastQuestion) && !changed.includes(i));
  return [
    ["number", question(changed)],
    ...(between.length === 0 ? [] : [["question after it", question(between)] as const]),
    ["bot", ["bot"]],
    ...range(latents).map((k) => [`latent.${k}`, [`latent.${k}`]] as const),
    ["bot and latents", ["bot", "latent"]],
    ["eot", ["eot"]],
    ...(before === null ? [] : [["answer", [`answer.${before}`]] as const]),
  ];
}

/** Rows of a map that takes every position by itself: name → addresses. */
export function singlePlacesOf(shape: PairShape): (readonly [string, readonly string[]])[] {
  const before = range(shape.before ?? 0).map((i) => `answer.${i}`);
  const places = placesOf(shape).filter(([name]) => name !== "bot and latents");
  if (before.length === 0) return places;
  return [...places.slice(0, -1), ["answer before it", before], ...places.slice(-1)];
}

/** What a row of a map by heads is called. */
export function headRow(head: number, place: string): string {
  return `head ${head} at ${place}`;
}

// What a pair's cells may take: about as many as the maps of `patching` have, whatever the model.
const MOST_CELLS = { head: 192, other: 96 } as const;

/** Blocks of a map that takes every block by itself: as many as there is time for, evenly spaced, the last among them. */
function singleBlocks(rows: number, { depth, most }: { readonly depth: number; readonly most: number }): number[] {
  const apart = Math.ceil((rows * depth) / most);
  return range(depth).filter((layer) => (depth - 1 - layer) % apart === 0);
}

function singleCells(site: keyof typeof SITES, shape: PairShape, { source }: { readonly source: string }): PatchCell[] {
  const rows = singlePlacesOf(shape).flatMap(([place, addresses]) =>
    site === "head"
      ? range(shape.heads).map((head) => ({ row: headRow(head, place), addresses, from: `${source},head.${head}` }))
      : [{ row: place, addresses, from: source }],
  );
  const blocks = singleBlocks(rows.length, { depth: shape.depth, most: MOST_CELLS[site === "head" ? site : "other"] });
  return rows.flatMap(({ row, addresses, from }) =>
    blocks.map((layer) => ({
      row,
      column: `${layer}`,
      condition: {
        name: `${row}, ${layer}`,
        interventions: [parseIntervention(`patch(${from}):blocks.${layer}.${SITES[site]}@${addresses.join(",")}`)],
      },
    })),
  );
}

/** All cells of a map, patched from the run called `source`. */
export function cellsOf(map: PatchMap, shape: PairShape, source: string): PatchCell[] {
  const cell = (
    row: string,
    column: string,
    {
      from,
      layers,
      site,
      at,
    }: {
      readonly from: string;
      readonly layers: readonly number[];
      readonly site: string;
      readonly at: readonly string[];
    },
  ): PatchCell => ({
    row,
    column,
    condition: {
      name: `${row}, ${column}`,
      interventions: layers.map((layer) => parseIntervention(`patch(${from}):blocks.${layer}.${site}@${at.join(",")}`)),
    },
  });
  const windows = windowsOf(shape.depth);
  const { site, control, at } = map;
  if (at === "each" && site !== "all") return singleCells(site, shape, { source });
  if (site === "all")
    return Object.entries(SITES).flatMap(([name, hook]) =>
      windows.map((window) =>
        cell(name, window.name, { from: source, layers: window.layers, site: hook, at: ["all"] }),
      ),
    );
  if (site === "head") {
    const where = at === "answer" ? [shape.before === null ? "eot" : `answer.${shape.before}`] : ["bot", "latent"];
    return range(shape.heads).flatMap((head) =>
      windows.map((window) =>
        cell(`head ${head}`, window.name, {
          from: `${source},head.${head}`,
          layers: window.layers,
          site: SITES.head,
          at: where,
        }),
      ),
    );
  }
  if (site === "resid" && at === "latents")
    return lastOf(windows).map((layer) =>
      cell("bot and latents", `${layer}`, { from: source, layers: [layer], site: SITES[site], at: ["bot", "latent"] }),
    );
  // The residual stream at a block's output is all that later blocks see of a position, so one block at a time tells all.
  const columns =
    site !== "resid"
      ? windows
      : control === null
        ? range(shape.depth).map((layer) => ({ name: `${layer}`, layers: [layer] }))
        : lastOf(windows).map((layer) => ({ name: `${layer}`, layers: [layer] }));
  return placesOf(shape)
    .filter(([name]) => site === "resid" || name !== "question after it")
    .flatMap(([name, addresses]) =>
      columns.map((each) =>
        cell(name, each.name, { from: source, layers: each.layers, site: SITES[site], at: addresses }),
      ),
    );
}
