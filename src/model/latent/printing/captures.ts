/** How captures print: one line for each kind of site, with its layers and its shape. */

import { mebibytes } from "../../../base/bytes.js";
import { fitted, listed } from "../../../base/printing.js";

/** One captured site, without its numbers. */
export interface CapturedSite {
  readonly site: string;
  readonly axes: readonly string[];
  readonly shape: readonly number[];
}

/** What of captures is printed. */
export interface CapturedSites {
  readonly bytes: number;
  readonly activations: readonly CapturedSite[];
}

/** One line: `2 sites, 1.2 MiB: blocks.0–15.attn.hook_pattern, latents.hook_input`. */
export function capturesLine({ activations, bytes }: CapturedSites): string {
  if (activations.length === 0) return "no sites";
  const names = kindsOf(activations).map(([name]) => name);
  const count = activations.length === 1 ? "1 site" : `${activations.length} sites`;
  return fitted(`${count}, ${mebibytes(bytes)}: ${names.join(", ")}`);
}

/** A line for each kind of site. */
export function capturesText({ activations, bytes }: CapturedSites): string {
  if (activations.length === 0) return "Captures of no sites";
  const rows = kindsOf(activations).map(
    ([name, { axes, shape }]) =>
      [
        name,
        `[${axes
          .map((axis, place) => `${axis}: ${shape[place]}`)
          .slice(1)
          .join(", ")}]`,
      ] as const,
  );
  return listed(`Captures of ${capturesLine({ activations, bytes }).replace(/: .*/, "")}`, rows);
}

/** Sites that differ in nothing but their layer, as one. */
function kindsOf(sites: readonly CapturedSite[]): (readonly [string, CapturedSite])[] {
  const kinds = new Map<string, { readonly first: CapturedSite; readonly layers: number[] }>();
  for (const each of sites) {
    const [, layer, kind = each.site] = /^blocks\.(\d+)\.(.+)$/.exec(each.site) ?? [];
    const known = kinds.get(kind) ?? { first: each, layers: [] };
    if (layer !== undefined) known.layers.push(Number(layer));
    kinds.set(kind, known);
  }
  return [...kinds].map(([kind, { first, layers }]) => [
    layers.length === 0 ? kind : `blocks.${rangesOf(layers)}.${kind}`,
    first,
  ]);
}

/** `0–15`, `4,8,14`. */
function rangesOf(layers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const layer of [...layers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === layer - 1) last[1] = layer;
    else ranges.push([layer, layer]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(",");
}
