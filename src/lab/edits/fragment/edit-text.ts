/** One edit in a fragment: `1:c8.2:scale,-2`, `2:h8.3.2:zero:off`, `3:e5.*.eot-latent.2:cut`. */

import type { Edit, EditOperation, EditTarget } from "../edit.js";
import type { Questions } from "./questions.js";
import { plain, Refusal, readNumber, readWhole } from "./words.js";

/** The text that `readEdit` reads. */
export function editText({ id, target, operation, on }: Edit, questions: Questions): string {
  return `${id}:${targetCode(target)}:${operationCode(operation, questions)}${on ? "" : ":off"}`;
}

/** @throws Refusal for what is no edit. */
export function readEdit(text: string, questions: Questions): Edit {
  const [id = "", target = "", operation = "", off, ...more] = text.split(":");
  if (more.length > 0 || (off !== undefined && off !== "off")) throw new Refusal(`"${plain(text)}" is no edit`);
  return {
    id: readWhole(id, "the number of an edit"),
    target: readTarget(target),
    operation: readOperation(operation, questions),
    on: off === undefined,
  };
}

/** The text that `readTarget` reads: `c8.2`, `h8.3.2`, `e5.2.eot-latent.2`. */
export function targetCode(target: EditTarget): string {
  if (target.kind === "cell") return `c${target.block}.${target.latent}`;
  if (target.kind === "head") return `h${target.block}.${target.head}.${target.latent}`;
  return `e${target.block}.${target.head ?? "*"}.${target.query}-${target.key}`;
}

/** An address of one position, as a part of an expression. */
export const POSITION = "(?:question|latent|answer)\\.\\d{1,7}|bot|eot";
const EDGE = new RegExp(`^e(\\d+)\\.(\\d+|\\*)\\.(${POSITION})-(${POSITION})$`);

/** @throws Refusal for what is no target. */
export function readTarget(text: string): EditTarget {
  const [, cell, ...numbers] = /^([ch])(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const [a, b, c] = numbers.filter((each) => each !== undefined).map((each) => readWhole(each, "a number of a target"));
  if (cell === "c" && a !== undefined && b !== undefined && c === undefined)
    return { kind: "cell", block: a, latent: b };
  if (cell === "h" && a !== undefined && b !== undefined && c !== undefined)
    return { kind: "head", block: a, head: b, latent: c };
  const [, block, head, query, key] = EDGE.exec(text) ?? [];
  if (block === undefined || query === undefined || key === undefined)
    throw new Refusal(`"${plain(text)}" is no cell, head or edge`);
  return {
    kind: "edge",
    block: readWhole(block, "a block"),
    head: head === "*" ? null : readWhole(head ?? "", "a head"),
    query,
    key,
  };
}

/** The text that `readOperation` reads: `zero`, `scale,-2`, `other,2`, `steer,more-pens,1.5`. */
export function operationCode(operation: EditOperation, questions: Questions): string {
  switch (operation.kind) {
    case "noise":
      return `noise,${operation.sigma}`;
    case "scale":
      return `scale,${operation.by}`;
    case "steer":
      return `steer,${operation.direction},${operation.scale}`;
    case "other":
    case "patch":
      return `${operation.kind},${questions.numberOf(operation.question)}`;
    default:
      return operation.kind;
  }
}

/** @throws Refusal for what is no operation. */
export function readOperation(text: string, questions: Questions): EditOperation {
  const [kind = "", ...given] = text.split(",");
  const [first = "", second = ""] = given;
  const wanted = { zero: 0, mean: 0, cut: 0, noise: 1, scale: 1, other: 1, patch: 1, steer: 2 };
  if (!Object.hasOwn(wanted, kind) || wanted[kind as keyof typeof wanted] !== given.length)
    throw new Refusal(`"${plain(text)}" is no operation`);
  switch (kind as keyof typeof wanted) {
    case "noise":
      return { kind: "noise", sigma: readNumber(first, "a sigma") };
    case "scale":
      return { kind: "scale", by: readNumber(first, "a factor") };
    case "steer":
      return { kind: "steer", direction: readName(first), scale: readNumber(second, "a strength") };
    case "other":
      return { kind: "other", question: questions.read(first) };
    case "patch":
      return { kind: "patch", question: questions.read(first) };
    default:
      return { kind: kind as "zero" | "mean" | "cut" };
  }
}

/** The name of a direction. */
export function readName(text: string): string {
  if (!/^[A-Za-z][\w-]{0,39}$/.test(text)) throw new Refusal(`"${plain(text)}" is no name of a direction`);
  return text;
}
