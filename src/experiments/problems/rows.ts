/** Splits a data file into rows: JSONL, a JSON array, `question||steps #### answer`, parquet; any of them packed with gzip. */

import { gunzipSync } from "node:zlib";
import { BadInputError } from "../../base/errors.js";
import { pythonWord } from "../../base/python-word.js";
import { refuseForeign } from "./foreign.js";
import { isParquet, parquetRows } from "./parquet.js";
import type { PlacedRow, Row, Rows, WholeKind } from "./row.js";
import { refuseWholeObject } from "./whole-object.js";

/** What unpacks to more is no file of questions. */
const MOST_BYTES = 2 ** 31 - 1;
const MOST_TEXT = 2 ** 28;

/**
 * @param name of the file, for messages. @param kindOf what an object by itself is.
 * @throws BadInputError naming what the file is, where it holds no rows.
 */
export async function rowsOf(bytes: Uint8Array, name: string, kindOf: (row: Row) => WholeKind): Promise<Rows> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const inner = await rowsOf(unpacked(bytes, name), `what ${name} unpacks to`, kindOf);
    return { ...inner, kind: `gzip of ${inner.kind}` };
  }
  if (isParquet(bytes)) return parquetRows(bytes, name);
  refuseForeign(bytes, name);
  const plain = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  const first = plain.find((byte) => !BLANKS.has(byte));
  if (first === undefined) throw new BadInputError(`${name} holds blanks only`, "download or write it again");
  if (first === 0x5b) return { rows: arrayRows(plain, name), unit: "entry", kind: "JSON array" };
  // A longer text is no string of its own, and no object that somebody wrote down.
  if (first === 0x7b && plain.length < MOST_TEXT) refuseWholeObject(new TextDecoder().decode(plain), name, kindOf);
  const lines = linesOf(plain);
  // Text by its first line: a line of JSON begins with a brace.
  const isText =
    first !== 0x7b && lines[0]?.content.includes(0x7c) === true && /\|\|.*####/.test(decoded(lines[0].content));
  return { rows: lines.map(isText ? textRow : jsonRow), unit: "line", kind: isText ? "text" : "JSONL" };
}

function unpacked(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isCut = why.includes("unexpected end");
    throw new BadInputError(
      `${name} is a gzip file that ${isCut ? `is cut off after ${bytes.length} bytes` : `does not unpack: ${why}`}`,
      "download it again",
      { cause: error },
    );
  }
}

const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

interface Line {
  readonly content: Uint8Array;
  readonly line: number;
}

/** Lines that hold more than blanks, with their numbers in the file. */
function linesOf(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const content = bytes.subarray(start, end);
    if (content.some((byte) => !BLANKS.has(byte))) lines.push({ content, line });
    start = end + 1;
  }
  return lines;
}

const NO_WORD = "write null in its place (pandas: to_json), or leave the field out";
const NOT_UTF8 = { bad: "it is not UTF-8", hint: "save the file as UTF-8" } as const;

function jsonRow({ content, line }: Line): PlacedRow {
  let text: string;
  try {
    text = decodedStrictly(content);
  } catch {
    return { line, ...NOT_UTF8 };
  }
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    const word = pythonWord(text);
    return word === null
      ? { line, bad: "it is not JSON", hint: "correct the line" }
      : { line, bad: `it is not JSON: it holds ${word}, which Python's json writes`, hint: NO_WORD };
  }
}

/** `question||<<18-2=16>> <<16-7=9>> #### 9`, as the data of implicit chain of thought are handed on. */
function textRow({ content, line }: Line): PlacedRow {
  let text: string;
  try {
    text = decodedStrictly(content);
  } catch {
    return { line, ...NOT_UTF8 };
  }
  const parts = text.split("||");
  const [question = "", solution = ""] = parts;
  const end = solution.lastIndexOf("####");
  if (parts.length !== 2 || end < 0)
    return { line, bad: `it is not "question||steps #### answer"`, hint: "correct the line" };
  return { line, value: { question, cot: solution.slice(0, end).trim(), answer: solution.slice(end + 4).trim() } };
}

function arrayRows(bytes: Uint8Array, name: string): PlacedRow[] {
  try {
    return (JSON.parse(decodedStrictly(bytes)) as unknown[]).map((value, index) => ({ line: index + 1, value }));
  } catch (error) {
    throw new BadInputError(
      `${name} is not JSON in UTF-8: ${error instanceof Error ? error.message : String(error)}`,
      arrayHint(bytes),
    );
  }
}

function arrayHint(bytes: Uint8Array): string {
  if (isCut(bytes)) return "it does not end with ]; download it again";
  return pythonWord(decoded(bytes)) === null ? "correct the file" : NO_WORD;
}

function isCut(bytes: Uint8Array): boolean {
  return bytes.findLast((byte) => !BLANKS.has(byte)) !== 0x5d;
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

// Other encodings would otherwise turn into other questions without a word.
function decodedStrictly(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
