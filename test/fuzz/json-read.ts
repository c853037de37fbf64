/** Reads JSON as generously as the reference's parser does, and keeps what a strict one refuses: repeated keys, spellings of numbers. */

import type { Tree } from "./json-tree.js";

/** @returns null for what is no JSON. @param source text without anything around the value but blanks. */
export function readTree(source: string): Tree | null {
  const tokens = tokensOf(source);
  if (tokens === null) return null;
  let at = 0;
  const next = (): string => tokens[at++] ?? "";
  const value = (): Tree | null => {
    const token = next();
    if (token === "[") return items();
    if (token === "{") return entries();
    if (token.startsWith('"')) {
      const decoded = decode(token);
      return decoded === null ? null : { kind: "text", value: decoded };
    }
    return /^[\]},:]?$/.test(token) ? null : { kind: "raw", text: token };
  };
  const items = (): Tree | null => {
    const found: Tree[] = [];
    if (tokens[at] === "]") {
      at += 1;
      return { kind: "list", items: found };
    }
    for (;;) {
      const item = value();
      if (item === null) return null;
      found.push(item);
      const end = next();
      if (end === "]") return { kind: "list", items: found };
      if (end !== ",") return null;
    }
  };
  const entries = (): Tree | null => {
    const found: [string, Tree][] = [];
    if (tokens[at] === "}") {
      at += 1;
      return { kind: "object", entries: found };
    }
    for (;;) {
      const token = next();
      const key = token.startsWith('"') ? decode(token) : null;
      if (key === null || next() !== ":") return null;
      const item = value();
      if (item === null) return null;
      found.push([key, item]);
      const end = next();
      if (end === "}") return { kind: "object", entries: found };
      if (end !== ",") return null;
    }
  };
  const tree = value();
  return at === tokens.length ? tree : null;
}

function tokensOf(source: string): string[] | null {
  const pattern =
    /[ \t\n\r]*([[\]{},:]|"(?:[^"\\]|\\.)*"|true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[ \t\n\r]*/y;
  const tokens: string[] = [];
  while (pattern.lastIndex < source.length) {
    const match = pattern.exec(source);
    if (match === null) return null;
    tokens.push(match[1] ?? "");
  }
  return tokens;
}

function decode(token: string): string | null {
  try {
    return JSON.parse(token) as string;
  } catch {
    return null;
  }
}
