/** JSON that may be wrong: objects keep repeated keys, numbers keep their spelling. */

import type { Chooser } from "./random.js";

/** A value; `raw` is written as it stands, be it JSON or not. */
export type Tree =
  | { readonly kind: "object"; readonly entries: [key: string, value: Tree][] }
  | { readonly kind: "list"; readonly items: Tree[] }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "raw"; readonly text: string };

export const raw = (text: string | number): Tree => ({ kind: "raw", text: String(text) });
export const text = (value: string): Tree => ({ kind: "text", value });
export const list = (...items: Tree[]): Tree => ({ kind: "list", items });
export const object = (...entries: [string, Tree][]): Tree => ({ kind: "object", entries });

/** @param json a parsed value. */
export function treeOf(json: unknown): Tree {
  if (typeof json === "string") return text(json);
  if (Array.isArray(json)) return list(...json.map(treeOf));
  if (typeof json === "object" && json !== null)
    return object(...Object.entries(json).map(([key, value]): [string, Tree] => [key, treeOf(value)]));
  return raw(JSON.stringify(json));
}

/** How a tree is written. */
export interface Spelling {
  /** What stands between two tokens. */
  readonly blank: () => string;
  readonly text: (value: string) => string;
}

export const PLAIN: Spelling = { blank: () => "", text: (value) => JSON.stringify(value) };

/** The tree as text. */
export function written(tree: Tree, spelling: Spelling = PLAIN): string {
  const { blank } = spelling;
  const inner = (value: Tree): string => written(value, spelling);
  if (tree.kind === "raw") return tree.text;
  if (tree.kind === "text") return spelling.text(tree.value);
  if (tree.kind === "list") {
    const items = tree.items.map((item) => `${blank()}${inner(item)}${blank()}`);
    return `[${items.join(",")}]`;
  }
  const entries = tree.entries.map(
    ([key, value]) => `${blank()}${spelling.text(key)}${blank()}:${blank()}${inner(value)}${blank()}`,
  );
  return `{${entries.join(",")}}`;
}

/** A place in a tree that can be read and written. */
export interface Place {
  /** Keys and indices from the root. */
  readonly path: readonly (string | number)[];
  readonly value: Tree;
  set(value: Tree): void;
}

/** All places below the root, parents before their children. */
export function placesOf(tree: Tree, path: readonly (string | number)[] = []): Place[] {
  if (tree.kind === "object")
    return tree.entries.flatMap((entry) => {
      const own = [...path, entry[0]];
      const set = (value: Tree): void => {
        entry[1] = value;
      };
      return [{ path: own, value: entry[1], set }, ...placesOf(entry[1], own)];
    });
  if (tree.kind === "list")
    return tree.items.flatMap((value, i) => {
      const own = [...path, i];
      const set = (other: Tree): void => {
        tree.items[i] = other;
      };
      return [{ path: own, value, set }, ...placesOf(value, own)];
    });
  return [];
}

/** Spellings of numbers that readers disagree about. */
export const ODD_NUMBERS = [
  "0 -0 1.0 0.0 1e0 1E1 10e-1 -1 -1.5 01 +1 1. .5 0x1 1_0 NaN Infinity -Infinity 2147483648 4294967295 4294967296",
  "9007199254740991 9007199254740992 9007199254740993 9223372036854775807 9223372036854775808 18446744073709551615",
  "18446744073709551616 4611686018427387904 1e15 1e16 1e308 1e999 -1e999 5e-324 123456789012345678901234567890",
].flatMap((line) => line.split(" "));

const ODD_TEXTS = [
  "",
  "a",
  "\u0000",
  "é",
  "😀",
  "\uffff",
  "\u2028",
  "__proto__",
  "constructor",
  "F32",
  "null",
  " ",
  "[1]",
];

/** Some JSON value. @param depth how deep it may be. */
export function someTree(random: Chooser, depth = 2): Tree {
  const leaf = (): Tree =>
    random.weighted<() => Tree>([
      [3, () => raw(random.pick(["null", "true", "false"]))],
      [3, () => raw(random.pick(ODD_NUMBERS))],
      [3, () => raw(random.between(0, 20))],
      [3, () => text(random.pick(ODD_TEXTS))],
    ])();
  const children = (): Tree[] => Array.from({ length: random.between(0, 3) }, () => someTree(random, depth - 1));
  if (depth <= 0 || random.chance(0.5)) return leaf();
  if (random.chance(0.04)) return deep(random.pick([10, 14, 15, 16, 17, 40, 120, 124, 130, 400]), random.chance(0.5));
  if (random.chance(0.5)) return list(...children());
  return object(...children().map((value): [string, Tree] => [random.pick(ODD_TEXTS), value]));
}

/** So many lists or objects in one another. */
export function deep(levels: number, objects: boolean): Tree {
  let tree = objects ? object() : list();
  for (let i = 1; i < levels; i++) tree = objects ? object(["a", tree]) : list(tree);
  return tree;
}

/** Writes as people and machines do, rarely and often oddly: blanks of all kinds, escapes that need not be. */
export function someSpelling(random: Chooser): Spelling {
  const blanks = random.weighted<readonly string[]>([
    [6, [""]],
    [2, ["", " "]],
    [2, ["", " ", "\n", "\t", "\r", "\r\n", "  "]],
    [0.4, ["", "", "", "", "", "", "", "", "\u000b", "\u000c", "\u00a0", "\u2028", "\ufeff", "\u0000", "/**/"]],
  ]);
  const share = random.weighted([
    [7, 0],
    [2, 0.3],
    [1, 1],
  ]);
  return {
    blank: () => random.pick(blanks),
    text: (value) => (share === 0 ? JSON.stringify(value) : escaped(value, share, random)),
  };
}

function escaped(value: string, share: number, random: Chooser): string {
  let out = "";
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i).toString(16).padStart(4, "0");
    if (!random.chance(share)) out += isHalf(value, i) ? (value[i] ?? "") : JSON.stringify(value[i]).slice(1, -1);
    else if (value[i] === "/" && random.chance(0.5)) out += "\\/";
    else out += `\\u${random.chance(0.5) ? code : code.toUpperCase()}`;
  }
  return `"${out}"`;
}

/** Half of a pair must be written beside its other half or not at all. */
function isHalf(value: string, i: number): boolean {
  return value.charCodeAt(i) >= 0xd800 && value.charCodeAt(i) <= 0xdfff;
}
