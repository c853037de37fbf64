/** Words that Python's `json` writes for floats and that JSON does not have. */

const STRING = /"(?:[^"\\]|\\.)*"/gs;

/** @returns `NaN`, `Infinity` or `-Infinity` where the text has it outside strings; null where it has none. */
export function pythonWord(text: string): string | null {
  return /-?\bInfinity\b|\bNaN\b/.exec(text.replace(STRING, '""'))?.[0] ?? null;
}
