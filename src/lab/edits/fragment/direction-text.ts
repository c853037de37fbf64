/** A saved direction in a fragment: `more-pens:c6.1:1:0` (question 1 less question 0), or `dropped:v:BASE64` of its float32. */

import type { SavedDirection } from "../edit.js";
import { readName, readTarget, targetCode } from "./edit-text.js";
import type { Questions } from "./questions.js";
import { plain, Refusal } from "./words.js";

/** The text that `readDirection` reads. */
export function directionText([name, saved]: readonly [string, SavedDirection], questions: Questions): string {
  if (saved.kind === "vector") return `${name}:v:${toBase64(Float32Array.from(saved.numbers))}`;
  const { target, question, minus } = saved;
  return `${name}:${targetCode(target)}:${questions.numberOf(question)}:${questions.numberOf(minus)}`;
}

/** @returns name and direction. @throws Refusal for what is none. */
export function readDirection(text: string, questions: Questions): readonly [string, SavedDirection] {
  const [name = "", how = "", first = "", second, ...more] = text.split(":");
  if (more.length > 0 || (how === "v") !== (second === undefined))
    throw new Refusal(`"${plain(text)}" is no direction`);
  if (second === undefined) return [readName(name), { kind: "vector", numbers: fromBase64(first) }];
  const target = readTarget(how);
  if (target.kind === "edge") throw new Refusal(`"${plain(text)}" is no direction: an edge has no values`);
  return [
    readName(name),
    { kind: "difference", target, question: questions.read(first), minus: questions.read(second) },
  ];
}

// Little-endian on every machine, in the alphabet that addresses allow.
function toBase64(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  const bytes = Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function fromBase64(text: string): number[] {
  const fail = (): Refusal => new Refusal(`the numbers "${plain(text)}" of a direction are damaged`);
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) throw fail();
  const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  if (bytes.length % 4 !== 0) throw fail();
  const view = new DataView(bytes.buffer);
  const numbers = Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  if (!numbers.every(Number.isFinite)) throw fail();
  return numbers;
}
