/** Finds a key that an object of a JSON text has twice: of the two values, readers take the first, the last, or neither. */

// A whole string, with the colon that makes it a key.
const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/g;
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g;

/** @param text JSON. @param value what it parses to. @returns the first key that stands twice in one object, or null. */
export function repeatedKey(text: string, value: unknown): string | null {
  let written = 0;
  for (const [, colon] of text.matchAll(STRINGS)) if (colon !== undefined) written += 1;
  return written === keysOf(value) ? null : searched(text);
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
