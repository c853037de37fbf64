/** Names out of a file, as they may stand in a message. */

const MOST_CHARACTERS = 120;

/** @returns the value in quotes, cut to a readable length, with control characters escaped so that no terminal obeys them. */
export function quoted(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? String(value);
  const text = value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
  // JSON leaves delete, C1 controls and direction marks as they are.
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
