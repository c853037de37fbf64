/** Attention for looking at: 64 steps of its square root, one character each, so that a row of weights is a short text. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** @param values 0 to 1. @returns one character a value; off by at most 1/63 of the root, so for colours and not for statistics. */
export function packAttention(values: Float32Array): string {
  return Array.from(values, (value) => ALPHABET[Math.round(63 * Math.sqrt(Math.min(1, Math.max(0, value))))]).join("");
}

/** @returns the value of each character. @throws RangeError for any other text. */
export function unpackAttention(packed: string): number[] {
  return Array.from(packed, (char) => {
    const step = ALPHABET.indexOf(char);
    if (step < 0) throw new RangeError(`Packed attention has "${char}", wanted letters, digits, - and _`);
    return (step / 63) ** 2;
  });
}
