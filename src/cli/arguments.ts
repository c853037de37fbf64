/** Checks of option values, before anything is loaded. */

import { resolve } from "node:path";
import { escapeUnprintable } from "../base/errors.js";
import { meantName } from "../base/nearest.js";
import { isProgramPath } from "../disk/own-program.js";
import type { FieldNames } from "../experiments/problems/form.js";
import { type Expected, isExpected } from "../model/latent/answer/kind.js";
import { isBuiltIn, PROTOCOL_NAMES } from "../model/latent/protocols/names.js";
import { ABLATIONS } from "../studies/ablation/operations.js";
import { isStudyFile } from "../studies/outside/program.js";
import { STUDY_NAMES } from "../studies/stories.js";

/** A whole number from 0, written plainly. @throws RangeError. */
export function wholeNumber(text: string): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(text.trim())) throw new RangeError(`"${text}" is not a whole number`);
  return Number(text);
}

/** A whole number from 1. @throws RangeError. */
export function countingNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new RangeError(`"${text}" is not at least 1`);
  return value;
}

/** A port, 0 for any that is free. @throws RangeError. */
export function portNumber(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new RangeError(`"${text}" is not a port: from 0 to 65535`);
  return value;
}

/** A number of workers, or `auto`. @throws RangeError. */
export function parseWorkers(text: string): number | "auto" {
  if (text === "auto") return text;
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError("wanted a whole number from 1, or auto");
  return countingNumber(text);
}

/** A decimal number above 0 and below 1. @throws RangeError. */
export function openShare(text: string): number {
  const value = /^0?\.\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value > 0 && value < 1)) throw new RangeError(`"${text}" is not a number above 0 and below 1, such as 0.1`);
  return value;
}

/** `4,8,14` → ascending layers. @throws RangeError for blanks, repeats and anything that is no whole number. */
export function parseLayers(text: string): number[] {
  const layers = text.split(",").map((part) => wholeNumber(part.trim()));
  const twice = layers.find((layer, i) => layers.indexOf(layer) !== i);
  if (twice !== undefined) throw new RangeError(`layer ${twice} stands twice`);
  return [...layers].sort((a, b) => a - b);
}

/** Names of studies and files of studies, separated by commas; `all` is every name. @throws RangeError for an unknown name. */
export function parseStudies(text: string): string[] {
  const items = text.split(",").flatMap((each) => (each.trim() === "all" ? STUDY_NAMES : each.trim()));
  const unknown = items.find((item) => !STUDY_NAMES.includes(item) && !isStudyFile(item));
  if (unknown !== undefined)
    throw new RangeError(
      `unknown study "${unknown}"${meant(unknown, [...STUDY_NAMES, "all"])}; this version has ${STUDY_NAMES.join(", ")}; a file is written as ./${unknown || "study"}.mjs`,
    );
  return items;
}

/** A protocol's name, or the path of a protocol's file. @throws RangeError for anything else. */
export function parseProtocol(text: string): string {
  if (isBuiltIn(text) || isProgramPath(text)) return text;
  throw new RangeError(
    `unknown protocol "${text}"${meant(text, PROTOCOL_NAMES)}; this version has ${PROTOCOL_NAMES.join(", ")}; a file is written as ./${text || "protocol"}.mjs`,
  );
}

/** The path of a protocol's file, absolute. @throws RangeError for a name. */
export function parseProtocolPath(text: string): string {
  if (isProgramPath(text)) return resolve(text);
  throw new RangeError(`"${text}" is no path of a protocol's file; one is written as ./${text || "protocol"}.mjs`);
}

/** `; did you mean layer-map?` where a name is near, else nothing. */
function meant(text: string, names: readonly string[]): string {
  const name = meantName(text, names);
  return name === null ? "" : `; did you mean ${name}?`;
}

/** Operations of `--ablation`. @throws RangeError for an unknown one. */
export function parseAblations(text: string): string[] {
  const kinds = text.split(",").map((each) => each.trim());
  const unknown = kinds.find((kind) => !(ABLATIONS as readonly string[]).includes(kind));
  if (unknown !== undefined)
    throw new RangeError(`unknown way "${unknown}"${meant(unknown, ABLATIONS)}; known: ${ABLATIONS.join(", ")}`);
  return kinds;
}

/** A right answer: a number, true or false, or any other text; whether the model's protocol compares texts is known once it is loaded. @throws RangeError for a blank one. */
export function expectedAnswer(text: string): Expected {
  const trimmed = text.trim();
  if (/^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === "true";
  const value = trimmed === "" ? Number.NaN : Number(trimmed);
  const found = Number.isFinite(value) ? value : trimmed;
  if (!isExpected(found, true)) throw new RangeError("it is blank, wanted an answer");
  return found;
}

const FIELDS = ["question", "answer", "steps", "id"];

/** `question=body+question,answer=target`: which field of a data file's rows holds what. @throws RangeError naming what is wrong. */
export function parseFields(text: string): FieldNames {
  const pairs = text.split(",").map((part): readonly [string, string] => {
    const at = part.indexOf("=");
    const [what, field] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (at < 0 || !FIELDS.includes(what) || field === "")
      throw new RangeError(`"${part}" is none of ${FIELDS.map((each) => `${each}=FIELD`).join(", ")}`);
    return [what, field];
  });
  const twice = pairs.find(([what], i) => pairs.findIndex(([other]) => other === what) !== i);
  if (twice !== undefined) throw new RangeError(`${twice[0]} stands twice; fields of one question are joined by +`);
  const { question, ...rest }: Partial<Record<string, string>> = Object.fromEntries(pairs);
  return { ...rest, ...(question === undefined ? {} : { question: question.split("+").map((each) => each.trim()) }) };
}

/** Makes text of several lines safe for a terminal: its line breaks stay, other control characters become visible escapes. */
export function printableLines(text: string): string {
  return text.split("\n").map(escapeUnprintable).join("\n");
}
