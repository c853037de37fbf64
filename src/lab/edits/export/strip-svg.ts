/** The strip of thoughts as a picture: question, what the head says after each latent, the lens of every block, and the answers. */

import type { AnswerView, CleanView, RunView, Word } from "../../session/types.js";
import { activeEdits, type LabState } from "../edit.js";
import { operationText } from "../operation-text.js";
import { type PositionNames, positionNames } from "../position-names.js";
import { isInCell, targetText } from "../targets.js";
import { element, escaped, picture, shade, words, wrapped } from "./svg.js";

const LEFT = 90;
const CELL = { width: 84, height: 20 };
const CARD = 74;
const QUIET = "#555e6a";
const EDITED = "#9a4300";

/** What is drawn. */
export interface Drawn {
  readonly state: LabState;
  readonly clean: CleanView;
  /** Null where no edit is on. */
  readonly run: RunView | null;
}

/** SVG text. */
export function stripSvg({ state, clean, run }: Drawn): string {
  // Without latents there are the answers alone, which need room too.
  const width = Math.max(LEFT + clean.latents.length * CELL.width + 24, 360);
  const question = wrapped(clean.question, Math.floor((width - 32) / 6.6));
  const top = 24 + question.length * 18;
  const grid = top + CARD + 12;
  const foot = grid + clean.lens.length * CELL.height + 28;
  const names = positionNames(clean.model);
  const lines = [...answerLines(clean.answer, run), ...editLines(state, names)];
  return picture(
    [
      ...question.map((line, i) => words(line, { x: 16, y: 26 + i * 18, "font-size": 14, "font-weight": 600 })),
      words(clean.positions.some(({ part }) => part === "bot") ? names.bot : "", {
        x: 16,
        y: top + 16,
        "font-size": 12,
        fill: QUIET,
      }),
      words(clean.bot[0]?.text ?? "", { x: 16, y: top + 38, "font-size": 16 }),
      ...clean.latents.flatMap((latent, i) => card(latent, { x: LEFT + i * CELL.width, y: top, run, latent: i })),
      ...clean.lens.flatMap((row, block) => lensRow(row, { block, y: grid + block * CELL.height, state })),
      ...lines.map(({ text, fill }, i) => words(text, { x: 16, y: foot + i * 18, "font-size": 13, fill })),
    ],
    { width, height: foot + lines.length * 18, title: `${clean.model.name}, asked: ${clean.question}` },
  );
}

interface CardPlace {
  readonly x: number;
  readonly y: number;
  readonly run: RunView | null;
  readonly latent: number;
}

function card({ words: said, norm }: CleanView["latents"][number], { x, y, run, latent }: CardPlace): string[] {
  const [best] = said;
  const now = run?.edited.words[latent]?.[0];
  const moved = run?.edited.latents[latent]?.relative;
  const isOther = now !== undefined && now.id !== best?.id;
  const width = CELL.width - 6;
  return [
    element("rect", { x, y, width, height: CARD, rx: 5, fill: "#ffffff", stroke: "#d5d9e0" }),
    words(`latent ${latent}`, { x: x + 6, y: y + 15, "font-size": 11, fill: QUIET }),
    words(`‖${norm.toFixed(1)}‖`, { x: x + width - 6, y: y + 15, "font-size": 11, fill: QUIET, "text-anchor": "end" }),
    element("text", {
      ...{ x: x + 6, y: y + 38, "font-size": 16 },
      inner: `${escaped(best?.text ?? "")}${isOther ? element("tspan", { fill: EDITED, inner: ` → ${escaped(now.text)}` }) : ""}`,
    }),
    words(percent(best?.probability ?? 0), { x: x + 6, y: y + 54, "font-size": 11, fill: QUIET }),
    ...(moved === undefined
      ? []
      : [words(`moved ${percent(moved)}`, { x: x + 6, y: y + 68, "font-size": 11, fill: EDITED })]),
  ];
}

interface RowPlace {
  readonly block: number;
  readonly y: number;
  readonly state: LabState;
}

function lensRow(row: readonly (readonly Word[])[], { block, y, state }: RowPlace): string[] {
  const isEdited = (latent: number): boolean =>
    activeEdits(state).some(({ target }) => isInCell(target, { block, latent }));
  return [
    words(`block ${block}`, { x: 16, y: y + 14, "font-size": 11, fill: QUIET }),
    ...row.flatMap(([best], latent) => {
      const { fill, ink } = shade(best?.probability ?? 0);
      const x = LEFT + latent * CELL.width;
      const size = { x, y, width: CELL.width - 6, height: CELL.height - 2, rx: 2 };
      const edge = isEdited(latent) ? { stroke: EDITED, "stroke-width": 2 } : {};
      return [
        element("rect", { ...size, fill, ...edge }),
        words(best?.text.trim() ?? "", { x: x + 6, y: y + 14, "font-size": 11, fill: ink }),
      ];
    }),
  ];
}

interface Line {
  readonly text: string;
  readonly fill: string;
}

function answerLines(clean: AnswerView, run: RunView | null): Line[] {
  const said = ({ text, words: all, numberWord }: AnswerView): string => {
    const number = numberWord === null ? undefined : all[numberWord];
    return `${text.trim()}${number === undefined ? "" : ` (“${number.text.trim()}” ${percent(number.probability)})`}`;
  };
  if (run === null) return [{ text: `Answer: ${said(clean)}`, fill: "#16191d" }];
  const random = run.controls?.random ?? [];
  const changed = random.filter((each) => each.changed).length;
  return [
    { text: `Answer without edits: ${said(clean)}`, fill: "#16191d" },
    { text: `Answer under the edits: ${said(run.edited.answer)}`, fill: EDITED },
    ...(random.length === 0
      ? []
      : [
          {
            text: `Control: random directions of the same length change the answer in ${changed} of ${random.length} draws`,
            fill: QUIET,
          },
        ]),
  ];
}

function editLines(state: LabState, names: PositionNames): Line[] {
  return activeEdits(state).map(({ target, operation }, i) => ({
    text: `Edit ${i + 1}: ${targetText(target, names)}, ${operationText(operation)}`,
    fill: QUIET,
  }));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
