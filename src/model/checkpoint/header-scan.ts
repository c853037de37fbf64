/** Checks a safetensors header: strict JSON without duplicate keys, whole numbers, tensors that tile the file without hole or overlap. */

import { BadInputError } from "../../base/errors.js";
import { DTYPE_BYTES, type Dtype } from "./dtype.js";
import { quoted, quotedShape } from "./quoted.js";
import type { StoredTensor } from "./store.js";

/** A tensor's entry; `begin` and `end` count from the start of the file. */
export interface TensorInfo extends StoredTensor {
  readonly begin: number;
  readonly end: number;
}

interface Scanned {
  readonly tensors: TensorInfo[];
  readonly metadata: Record<string, string>;
}

type Json = string | number | boolean | null | readonly Json[] | ReadonlyMap<string, Json>;

/**
 * @param text header, decoded. @param dataBegin first byte of the data. @param fileSize bytes in the file.
 * @throws BadInputError naming what is wrong.
 */
export function scanHeader(
  text: string,
  { where, dataBegin, fileSize }: { readonly where: string; readonly dataBegin: number; readonly fileSize: number },
): Scanned {
  const refuse = (what: string): BadInputError =>
    new BadInputError(`${where}: ${what}`, "the file is damaged or not safetensors: get it again");
  const root = new StrictJson(text, refuse).parse();
  if (!(root instanceof Map)) throw refuse("the header is not an object");
  const metadata = metadataOf(root.get("__metadata__"), refuse);
  const tensors: TensorInfo[] = [];
  for (const [name, entry] of root)
    if (name !== "__metadata__") tensors.push(tensorOf(name, entry, { dataBegin, refuse }));
  checkTiling(tensors, { dataBegin, fileSize, refuse });
  return { tensors, metadata };
}

type Refuse = (what: string) => BadInputError;

function metadataOf(value: Json | undefined, refuse: Refuse): Record<string, string> {
  if (value === undefined) return {};
  if (!(value instanceof Map)) throw refuse("__metadata__ is not an object");
  const pairs: [string, string][] = [];
  for (const [key, text] of value as ReadonlyMap<string, Json>) {
    if (typeof text !== "string") throw refuse(`__metadata__ ${quoted(key)} is not a string`);
    pairs.push([key, text]);
  }
  return Object.fromEntries(pairs);
}

function tensorOf(
  name: string,
  entry: Json,
  { dataBegin, refuse }: { readonly dataBegin: number; readonly refuse: Refuse },
): TensorInfo {
  if (!(entry instanceof Map)) throw refuse(`tensor ${quoted(name)} is not an object`);
  const fields = entry as ReadonlyMap<string, Json>;
  const dtype = fields.get("dtype");
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype))
    throw refuse(`tensor ${quoted(name)} has unknown dtype ${quoted(dtype)}`);
  const extra = [...fields.keys()].find((key) => key !== "dtype" && key !== "shape" && key !== "data_offsets");
  if (extra !== undefined) throw refuse(`tensor ${quoted(name)} has an unknown field ${quoted(extra)}`);
  const shape = wholeNumbers(fields.get("shape"), `shape of tensor ${quoted(name)}`, refuse);
  const [begin, end, more] = wholeNumbers(fields.get("data_offsets"), `data_offsets of tensor ${quoted(name)}`, refuse);
  if (begin === undefined || end === undefined || more !== undefined || end < begin)
    throw refuse(`tensor ${quoted(name)} has unusable data_offsets`);
  const wanted = elementsOf(shape, name, refuse) * BigInt(DTYPE_BYTES[dtype as Dtype]);
  if (BigInt(end - begin) !== wanted)
    throw refuse(
      `tensor ${quoted(name)} has ${end - begin} bytes, its shape ${quotedShape(shape)} in ${dtype} wants ${wanted}`,
    );
  return { name, dtype: dtype as Dtype, shape, begin: dataBegin + begin, end: dataBegin + end };
}

/** From the first size on, as the reference multiplies: a 0 that comes too late saves no product that has left 64 bits. */
function elementsOf(shape: readonly number[], name: string, refuse: Refuse): bigint {
  return shape.reduce((product, n) => {
    const next = product * BigInt(n);
    if (next >= 2n ** 64n) throw refuse(`tensor ${quoted(name)} has a shape ${quotedShape(shape)} beyond 64 bits`);
    return next;
  }, 1n);
}

function wholeNumbers(value: Json | undefined, what: string, refuse: Refuse): number[] {
  if (!Array.isArray(value)) throw refuse(`${what} is not a list`);
  return (value as readonly Json[]).map((n) => {
    if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 0)
      throw refuse(`${what} holds ${typeof n === "object" ? "no number" : quoted(n)}, wanted whole numbers from 0`);
    return n;
  });
}

function checkTiling(
  tensors: readonly TensorInfo[],
  { dataBegin, fileSize, refuse }: { readonly dataBegin: number; readonly fileSize: number; readonly refuse: Refuse },
): void {
  const ordered = [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = dataBegin;
  let before = "the header";
  for (const tensor of ordered) {
    if (tensor.begin < at) throw refuse(`tensor ${quoted(tensor.name)} overlaps ${before}`);
    if (tensor.begin > at)
      throw refuse(`there is a hole of ${tensor.begin - at} bytes between ${before} and tensor ${quoted(tensor.name)}`);
    at = tensor.end;
    before = `tensor ${quoted(tensor.name)}`;
  }
  if (at > fileSize) throw refuse(`truncated: needs ${at} bytes, has ${fileSize}`);
  if (at < fileSize) throw refuse(`${fileSize - at} bytes follow the last tensor`);
}

const DEEPEST = 16;
// Half of a pair, which JSON can spell but UTF-8 cannot hold; the reference refuses it too.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** JSON with three differences that matter here: duplicate keys are errors, numbers must be written as whole numbers, objects become maps. */
class StrictJson {
  #at = 0;

  constructor(
    readonly text: string,
    readonly refuse: Refuse,
  ) {}

  parse(): Json {
    const value = this.#value(0);
    while (this.text[this.#at] === " ") this.#at += 1;
    if (this.#at !== this.text.length) throw this.refuse(`the header has text after its end at ${this.#at}`);
    return value;
  }

  #value(depth: number): Json {
    if (depth > DEEPEST) throw this.refuse("the header is nested too deeply");
    this.#blank();
    const char = this.text[this.#at];
    if (char === "{") return this.#object(depth);
    if (char === "[") return this.#array(depth);
    if (char === '"') return this.#string();
    return this.#scalar();
  }

  #object(depth: number): Json {
    const map = new Map<string, Json>();
    this.#at += 1;
    this.#blank();
    if (this.#took("}")) return map;
    do {
      this.#blank();
      const key = this.#string();
      if (map.has(key)) throw this.refuse(`the key ${quoted(key)} stands twice in the header`);
      this.#blank();
      this.#expect(":");
      map.set(key, this.#value(depth + 1));
      this.#blank();
    } while (this.#took(","));
    this.#expect("}");
    return map;
  }

  #array(depth: number): Json {
    const list: Json[] = [];
    this.#at += 1;
    this.#blank();
    if (this.#took("]")) return list;
    do {
      list.push(this.#value(depth + 1));
      this.#blank();
    } while (this.#took(","));
    this.#expect("]");
    return list;
  }

  #string(): string {
    const begin = this.#at;
    if (this.text[begin] !== '"') throw this.refuse(`the header is no JSON at ${begin}: a string was wanted`);
    // The end is searched, not matched: a pattern over a name of many megabytes overflows the stack.
    let end = begin + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    try {
      const value: unknown = JSON.parse(this.text.slice(begin, end + 1));
      if (typeof value !== "string" || LONE_SURROGATE.test(value)) throw new SyntaxError("no text");
      this.#at = end + 1;
      return value;
    } catch {
      throw this.refuse(`the header is no JSON at ${begin}: a string was wanted`);
    }
  }

  #scalar(): Json {
    const pattern = /true|false|null|-?[0-9][0-9.eE+-]*/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text);
    if (match === null) throw this.refuse(`the header is no JSON at ${this.#at}`);
    this.#at += match[0].length;
    if (match[0] === "true" || match[0] === "false") return match[0] === "true";
    if (match[0] === "null") return null;
    if (!/^(?:0|-?[1-9]\d*)$/.test(match[0]))
      throw this.refuse(`the header holds the number ${match[0]}, wanted whole numbers`);
    return Number(match[0]);
  }

  #blank(): void {
    while (/[ \t\n\r]/.test(this.text[this.#at] ?? "")) this.#at += 1;
  }

  #took(char: string): boolean {
    if (this.text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #expect(char: string): void {
    if (!this.#took(char)) throw this.refuse(`the header is no JSON at ${this.#at}: "${char}" was wanted`);
  }
}
