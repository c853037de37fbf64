/** What is on show, in a fragment: `cell=8.2&att=8.*.eot-latent.2~edited&sweep=zero~answer&tour=3&strip=cards`. */

import type { AttentionShown, LabView } from "../edit.js";
import { operationCode, POSITION, readOperation } from "./edit-text.js";
import type { Questions } from "./questions.js";
import { plain, Refusal, readWhole } from "./words.js";

/** The parts that a view needs; none for a plain one. */
export function viewParts({ cell, attention, sweep, tour, isFolded }: LabView, questions: Questions): string[] {
  return [
    ...(cell === null ? [] : [`cell=${cell.block}.${cell.latent}`]),
    ...(attention === null ? [] : [`att=${attentionText(attention)}`]),
    ...(sweep === null ? [] : [`sweep=${operationCode(sweep.operation, questions)}~${sweep.signal}`]),
    ...(tour === null ? [] : [`tour=${tour}`]),
    ...(isFolded ? ["strip=cards"] : []),
  ];
}

/** @param of the value of a key. @throws Refusal for what cannot be on show. */
export function readView(of: (key: string) => string | undefined, questions: Questions): Partial<LabView> {
  const [cell, attention, sweep, tour, strip] = ["cell", "att", "sweep", "tour", "strip"].map(of);
  return {
    ...(cell === undefined ? {} : { cell: readCell(cell) }),
    ...(attention === undefined ? {} : { attention: readAttention(attention) }),
    ...(sweep === undefined ? {} : { sweep: readSweep(sweep, questions) }),
    ...(tour === undefined ? {} : { tour: readWhole(tour, "a step of the tour") }),
    ...(strip === undefined ? {} : { isFolded: readStrip(strip) }),
  };
}

function readCell(text: string): LabView["cell"] {
  const [, block, latent] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (block === undefined || latent === undefined) throw new Refusal(`"${plain(text)}" is no cell`);
  return { block: readWhole(block, "a block"), latent: readWhole(latent, "a latent") };
}

const ATTENTION = new RegExp(`^(\\d+)\\.(\\d+|\\*)\\.(${POSITION})(?:-(${POSITION}))?(~edited)?$`);

function attentionText({ block, head, from, to, isEdited }: AttentionShown): string {
  return `${block}.${head ?? "*"}.${from}${to === null ? "" : `-${to}`}${isEdited ? "~edited" : ""}`;
}

function readAttention(text: string): AttentionShown {
  const [, block, head, from, to, edited] = ATTENTION.exec(text) ?? [];
  if (block === undefined || from === undefined) throw new Refusal(`"${plain(text)}" is no view of attention`);
  return {
    block: readWhole(block, "a block"),
    head: head === "*" ? null : readWhole(head ?? "", "a head"),
    from,
    to: to ?? null,
    isEdited: edited !== undefined,
  };
}

function readStrip(text: string): boolean {
  if (text !== "cards") throw new Refusal(`"${plain(text)}" is no view of the strip`);
  return true;
}

function readSweep(text: string, questions: Questions): LabView["sweep"] {
  const [operation = "", signal = "", ...more] = text.split("~");
  if (more.length > 0 || !/^[\w-]{1,40}$/.test(signal)) throw new Refusal(`"${plain(text)}" is no sweep`);
  return { operation: readOperation(operation, questions), signal };
}
