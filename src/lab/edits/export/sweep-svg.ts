/** The map of a sweep as a picture: a row a block, a column a latent, with its answers, its scale and what was done. */

import type { CleanView, SweepCell } from "../../session/types.js";
import type { EditOperation } from "../edit.js";
import { operationText } from "../operation-text.js";
import { positionNames } from "../position-names.js";
import { cellText, mostOf, SIGNALS, type SignalName, shareOf } from "../sweep-signals.js";
import { element, picture, SHADES, shade, words, wrapped } from "./svg.js";

const LEFT = 84;
const CELL = { width: 72, height: 22 };
const QUIET = "#555e6a";
const EMPTY = "#eef0f3";

/** What is drawn. */
export interface DrawnSweep {
  readonly clean: CleanView;
  readonly operation: EditOperation;
  readonly cells: readonly SweepCell[];
  readonly signal: SignalName;
}

/** SVG text. */
export function sweepSvg({ clean, operation, cells, signal }: DrawnSweep): string {
  const { blocks, latents, name } = clean.model;
  const width = LEFT + latents * CELL.width + 16;
  const most = mostOf(cells, signal);
  const question = wrapped(clean.question, Math.floor((width - 32) / 6.6));
  const done = wrapped(doneText(operation, clean), Math.floor((width - 32) / 6.2));
  const top = 34 + question.length * 18 + done.length * 17;
  const foot = top + blocks * CELL.height + 24;
  const byPlace = new Map(cells.map((cell) => [cell.block * latents + cell.latent, cell]));
  const places = Array.from({ length: blocks * latents }, (_, place) => place);
  const notes = wrapped(noteText({ clean, cells, signal }), Math.floor((width - 32) / 5.8));
  return picture(
    [
      ...question.map((line, i) => words(line, { x: 16, y: 26 + i * 18, "font-size": 14, "font-weight": 600 })),
      ...done.map((line, i) => words(line, { x: 16, y: 28 + question.length * 18 + i * 17, "font-size": 13 })),
      ...Array.from({ length: latents }, (_, latent) =>
        words(`latent ${latent}`, { ...centre(latent), y: top - 6, "font-size": 11, fill: QUIET }),
      ),
      ...Array.from({ length: blocks }, (_, block) =>
        words(`block ${block}`, { x: 16, y: top + block * CELL.height + 15, "font-size": 11, fill: QUIET }),
      ),
      ...places.flatMap((place) =>
        drawnCell(byPlace.get(place), {
          latent: place % latents,
          y: top + Math.floor(place / latents) * CELL.height,
          share: shareOf(byPlace.get(place), { signal, most }),
        }),
      ),
      ...scale(signal === "changed" ? "1" : `${Number(most.toPrecision(3))} nats`, foot),
      ...notes.map((line, i) => words(line, { x: 16, y: foot + 18 + i * 16, "font-size": 12, fill: QUIET })),
    ],
    { width, height: foot + 18 + notes.length * 16, title: `A sweep of ${name} over every block and latent` },
  );
}

interface CellPlace {
  readonly latent: number;
  readonly y: number;
  readonly share: number;
}

function drawnCell(cell: SweepCell | undefined, { latent, y, share }: CellPlace): string[] {
  const size = { x: LEFT + latent * CELL.width, y, width: CELL.width - 4, height: CELL.height - 3, rx: 2 };
  if (cell === undefined) return [element("rect", { ...size, fill: EMPTY })];
  const { fill, ink } = shade(share);
  return [
    element("rect", { ...size, fill }),
    words(cellText(cell), { ...centre(latent), y: y + 14, "font-size": 11, fill: ink }),
  ];
}

function centre(latent: number): { readonly x: number; readonly "text-anchor": string } {
  return { x: LEFT + latent * CELL.width + (CELL.width - 4) / 2, "text-anchor": "middle" };
}

function scale(most: string, y: number): string[] {
  return [
    words("0", { x: 16, y, "font-size": 11, fill: QUIET }),
    ...SHADES.map((fill, step) => element("rect", { x: 28 + step * 18, y: y - 10, width: 18, height: 12, fill })),
    words(most, { x: 34 + SHADES.length * 18, y, "font-size": 11, fill: QUIET }),
  ];
}

function doneText(operation: EditOperation, { model }: CleanView): string {
  if (operation.kind === "cut")
    return `The edge ${positionNames(model).eot} → latent, cut for each latent in each block`;
  return `Each latent after each block, ${operationText(operation)}`;
}

function noteText({ clean, cells, signal }: Omit<DrawnSweep, "operation">): string {
  const { value, text } = clean.answer;
  const { blocks, latents } = clean.model;
  const changed = cells.filter((cell) => cell.changed).length;
  const root = signal === "changed" ? "" : ", by its square root";
  const stopped = cells.length < blocks * latents ? ` Stopped after ${cells.length} of ${blocks * latents}.` : "";
  return `Colour: ${SIGNALS[signal]}${root}. A number is another answer; · is the same one, ${value === null ? text.trim() : value}. ${changed} of ${cells.length} cells change it.${stopped}`;
}
