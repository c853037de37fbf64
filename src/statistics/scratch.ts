/** Arrays that are written over again and again, in place of new ones. */

/** @returns the array of that name, of exactly that length; it holds what was last written into it, or anything. */
export type Scratch = (name: string, length: number) => Float64Array;

/** Room of one's own: each name's array grows to the longest that was asked for. */
export function scratch(): Scratch {
  const held = new Map<string, Float64Array>();
  return (name, length) => {
    const known = held.get(name);
    if (known?.length === length) return known;
    const made =
      known !== undefined && known.buffer.byteLength >= 8 * length
        ? new Float64Array(known.buffer, 0, length)
        : new Float64Array(length);
    held.set(name, made);
    return made;
  };
}
