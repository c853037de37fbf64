/** Names and values out of a file, as they may stand in a message. */

const MOST_CHARACTERS = 120;
const MOST_SIZES = 8;

/** @returns the value as JSON, cut to a readable length, with control characters escaped so that no terminal obeys them. */
export function quoted(value: unknown): string {
  const json = typeof value === "string" ? JSON.stringify(cut(value)) : cut(JSON.stringify(value) ?? String(value));
  // JSON leaves delete, C1 controls and direction marks as they are.
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A shape as `[2, 3]`, cut to a readable length. */
export function quotedShape(shape: readonly (number | string)[]): string {
  const rest = shape.length > MOST_SIZES ? `, … ${shape.length} sizes` : "";
  return `[${shape.slice(0, MOST_SIZES).join(", ")}${rest}]`;
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
