/** Finds a key that an object of a JSON text has twice: of the two values, readers take the first, the last, or neither. */

// A whole string, with the colon that makes it a key.
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g;

/** @param text JSON. @param value what it parses to. @returns the first key that stands twice in one object, or null. */
export function repeatedKey(text: string, value: unknown): string | null {
  return keysWritten(text) === keysOf(value) ? null : searched(text);
}

/** A loop of its own: a tokenizer has a million strings, which a regular expression takes seconds for. */
function keysWritten(text: string): number {
  let count = 0;
  for (let from = text.indexOf('"'); from >= 0; ) {
    let end = text.indexOf('"', from + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (BLANKS.includes(text.charCodeAt(next))) next += 1;
    if (text.charCodeAt(next) === COLON) count += 1;
    from = text.indexOf('"', end + 1);
  }
  return count;
}

const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BLANKS: readonly number[] = [0x20, 0x0a, 0x0d, 0x09];

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

function keysOf(value: unknown): number {
  let count = 0;
  const left: unknown[] = [value];
  while (left.length > 0) {
    const each = left.pop();
    if (typeof each !== "object" || each === null) continue;
    const values: unknown[] = Array.isArray(each) ? each : Object.values(each);
    if (!Array.isArray(each)) count += values.length;
    for (const inner of values) if (typeof inner === "object" && inner !== null) left.push(inner);
  }
  return count;
}

/** Slower, and only where the counts differ. */
function searched(text: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(TOKENS)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (string !== undefined && colon !== undefined) {
      const key = JSON.parse(string) as string;
      if (open.at(-1)?.has(key) === true) return key;
      open.at(-1)?.add(key);
    }
  }
  return "";
}
