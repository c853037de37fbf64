/** All heads of one layer: a small map each, with lines where question, latents and answer begin. */

import { escapeHtml } from "../../analysis/report/html.js";
import { framed, INK, paragraph, type ShownTable, textTable } from "./fragment.js";
import type { Pattern } from "./pattern.js";
import { Shown } from "./shown.js";

const SIZE = 168;
// Shades of one path each: thousands of cells would make a page heavy.
const SHADES = 24;

/** @returns one map a head. */
export function headGrid(pattern: Pattern): Shown {
  const { layer, heads, labels } = pattern;
  const all = Array.from({ length: heads }, (_, head) => head);
  const head = `layer ${layer}: ${heads} heads, ${labels.length} positions`;
  const legend =
    "Each row looks, each column is looked at, in the order of the sequence. A stronger colour is a larger share (by its square root). Lines stand where BOT, the latents and EOT begin.";
  const maps = all.map((each) => smallMap(pattern, each)).join("");
  const table = summary(pattern, all);
  return new Shown({
    html: framed(`${paragraph(head)}<div class="grid">${maps}</div>${paragraph(legend, "soft")}`),
    text: `${head}\n${textTable(table)}`,
  });
}

function smallMap(pattern: Pattern, head: number): string {
  const { labels } = pattern;
  const n = labels.length;
  const [latents, most] = [toLatents(pattern, head), strongest(pattern, head)];
  const said = `head ${head}: ${latents.toFixed(2)} of EOT's and the answer's attention goes to latents; most goes to ${most}`;
  const lines = boundaries(pattern)
    .map((at) => `M0 ${at}H${n}M${at} 0V${n}`)
    .join("");
  return (
    `<figure><svg viewBox="0 0 ${n} ${n}" width="${SIZE}" height="${SIZE}" role="img" aria-label="${escapeHtml(said)}"><title>${escapeHtml(said)}</title>` +
    `<g fill="rgb(${INK})">${shadePaths(pattern, head)}</g>` +
    `<path d="${lines}" stroke="currentColor" stroke-opacity=".35" stroke-width="1" vector-effect="non-scaling-stroke" fill="none"/>` +
    `<path d="M0 0H${n}V${n}H0Z" stroke="currentColor" stroke-opacity=".5" stroke-width="1" vector-effect="non-scaling-stroke" fill="none"/></svg>` +
    `<figcaption>head ${head} <span class="soft">· to latents ${latents.toFixed(2)}</span></figcaption></figure>`
  );
}

/** Cells of one shade are one path. */
function shadePaths({ labels, weight }: Pattern, head: number): string {
  const shades = Array.from({ length: SHADES + 1 }, () => "");
  for (let query = 0; query < labels.length; query++)
    for (let key = 0; key <= query; key++) {
      const shade = Math.round(Math.sqrt(weight(head, query, key)) * SHADES);
      shades[shade] += `M${key} ${query}h1v1h-1z`;
    }
  return shades
    .map((d, shade) =>
      shade === 0 || d === "" ? "" : `<path d="${d}" fill-opacity="${(shade / SHADES).toFixed(2)}"/>`,
    )
    .join("");
}

/** Where BOT, latents, EOT and answer begin. */
function boundaries({ labels }: Pattern): number[] {
  const part = (place: number): string => labels[place]?.name.split(".")[0] ?? "";
  return labels.flatMap((_, place) => (place > 0 && part(place) !== part(place - 1) ? [place] : []));
}

/** Mean share that EOT and the answer give to latents. */
function toLatents({ labels, weight }: Pattern, head: number): number {
  const places = (pattern: RegExp): number[] =>
    labels.flatMap(({ name }, place) => (pattern.test(name) ? [place] : []));
  const readers = places(/^(?:eot|answer)/);
  const latents = places(/^latent/);
  const sum = readers.reduce(
    (total, reader) => total + latents.reduce((share, key) => share + weight(head, reader, key), 0),
    0,
  );
  return readers.length === 0 ? 0 : sum / readers.length;
}

/** The position that is looked at most, over all readers. */
function strongest({ labels, weight }: Pattern, head: number): string {
  const sums = labels.map((_, key) => labels.reduce((sum, __, query) => sum + weight(head, query, key), 0));
  return labels[sums.indexOf(Math.max(...sums))]?.name ?? "";
}

function summary(pattern: Pattern, heads: readonly number[]): ShownTable {
  return {
    caption: "",
    header: ["head", "EOT and answer to latents", "most looked at"],
    rows: heads.map((head) => [`${head}`, toLatents(pattern, head).toFixed(2), strongest(pattern, head)]),
    numbers: [0, 1],
  };
}
