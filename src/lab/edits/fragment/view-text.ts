/** What is on show, in a fragment: `cell=8.2&att=8.*.eot&sweep=zero~answer&tour=3`. */

import type { LabView } from "../edit.js";
import { operationCode, readOperation } from "./edit-text.js";
import type { Questions } from "./questions.js";
import { plain, Refusal, readWhole } from "./words.js";

/** The parts that a view needs; none for a plain one. */
export function viewParts({ cell, attention, sweep, tour }: LabView, questions: Questions): string[] {
  return [
    ...(cell === null ? [] : [`cell=${cell.block}.${cell.latent}`]),
    ...(attention === null ? [] : [`att=${attention.block}.${attention.head ?? "*"}.${attention.from}`]),
    ...(sweep === null ? [] : [`sweep=${operationCode(sweep.operation, questions)}~${sweep.signal}`]),
    ...(tour === null ? [] : [`tour=${tour}`]),
  ];
}

/** @param of the value of a key. @throws Refusal for what cannot be on show. */
export function readView(of: (key: string) => string | undefined, questions: Questions): Partial<LabView> {
  const [cell, attention, sweep, tour] = ["cell", "att", "sweep", "tour"].map(of);
  return {
    ...(cell === undefined ? {} : { cell: readCell(cell) }),
    ...(attention === undefined ? {} : { attention: readAttention(attention) }),
    ...(sweep === undefined ? {} : { sweep: readSweep(sweep, questions) }),
    ...(tour === undefined ? {} : { tour: readWhole(tour, "a step of the tour") }),
  };
}

function readCell(text: string): LabView["cell"] {
  const [, block, latent] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (block === undefined || latent === undefined) throw new Refusal(`"${plain(text)}" is no cell`);
  return { block: readWhole(block, "a block"), latent: readWhole(latent, "a latent") };
}

function readAttention(text: string): LabView["attention"] {
  const [, block, head, from] = /^(\d+)\.(\d+|\*)\.((?:question|latent|answer)\.\d{1,7}|bot|eot)$/.exec(text) ?? [];
  if (block === undefined || from === undefined) throw new Refusal(`"${plain(text)}" is no view of attention`);
  return {
    block: readWhole(block, "a block"),
    head: head === "*" ? null : readWhole(head ?? "", "a head"),
    from,
  };
}

function readSweep(text: string, questions: Questions): LabView["sweep"] {
  const [operation = "", signal = "", ...more] = text.split("~");
  if (more.length > 0 || !/^[\w-]{1,40}$/.test(signal)) throw new Refusal(`"${plain(text)}" is no sweep`);
  return { operation: readOperation(operation, questions), signal };
}
