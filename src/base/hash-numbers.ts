/** A name for numbers: equal numbers have one, on every machine. */

/** A hash of 64 bits, as 16 hexadecimal digits, over the bits of the numbers. Not for secrets. */
export function hashNumbers(values: Float32Array, seed = 0): string {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let [low, high] = [seed ^ 0x811c9dc5, seed ^ 0x9e3779b9];
  for (const word of words) {
    // The shift lets a word's high bits reach the low ones, which a product alone never does.
    low = Math.imul(low ^ word, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return [low, high].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
