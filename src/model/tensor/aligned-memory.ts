/**
 * Memory that begins at a page. The engine shares an array that begins at a cache line and copies any other (64 MiB in 60 ms); V8's own
 * buffers begin 16 bytes after one. It is WebAssembly's, so that its values can be looked at 16 bytes a step.
 */

/** OR of the little-endian 32-bit words from byte `begin` to `end`, both multiples of 64. */
type OrOfBytes = (begin: number, end: number) => number;

// (module (import "m" "m" (memory 1)) (func (export "f") (param $begin i32) (param $end i32) (result i32) (local v128 v128 v128 v128)
//   loop: local[i] |= v128.load(begin + 16 i) for i of 0..3; begin += 64; branch while begin < end
//   a = local[0] | local[1] | local[2] | local[3]; the OR of a's four lanes))
const OR_MODULE =
  "AGFzbQEAAAABBwFgAn9/AX8CCAEBbQFtAgABAwIBAAcFAQFmAAAKbQFrAQR7A0AgAiAA/QAEAP1QIQIgAyAA/QAEEP1QIQMgBCAA/QAEIP1QIQQgBSAA/QAEMP1QIQUgAEHAAGoiACABSQ0ACyACIAP9UCAE/VAgBf1QIQIgAv0bACAC/RsBIAL9GwIgAv0bA3Jycgs=";
const PAGE_BYTES = 65536;
// Below it copying costs nothing that matters, and every WebAssembly memory reserves 8 GiB and more of addresses.
const WORTH_BYTES = 2 ** 22;

const functions = new WeakMap<ArrayBufferLike, OrOfBytes>();
let compiled: WebAssembly.Module | null = null;

/**
 * @param least bytes from which on it is worth the addresses that it reserves.
 * @returns zeros. Plain memory below that, and where the process may not take what WebAssembly reserves: slower, all the same.
 */
export function alignedMemory(bytes: number, least = WORTH_BYTES): Uint8Array {
  if (bytes < least) return new Uint8Array(bytes);
  try {
    const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE_BYTES)) });
    compiled ??= new WebAssembly.Module(Uint8Array.from(atob(OR_MODULE), (char) => char.charCodeAt(0)));
    const { exports } = new WebAssembly.Instance(compiled, { m: { m: memory } });
    functions.set(memory.buffer, exports["f"] as unknown as OrOfBytes);
    return new Uint8Array(memory.buffer, 0, bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

/** OR of words that lie in aligned memory, from a multiple of 64 bytes on. @returns null for other memory. */
export function orOfAligned(words: Int32Array): number | null {
  const or = functions.get(words.buffer);
  if (or === undefined || words.byteOffset % 64 !== 0) return null;
  const whole = words.length - (words.length % 16);
  let all = whole === 0 ? 0 : or(words.byteOffset, words.byteOffset + 4 * whole);
  for (let i = whole; i < words.length; i++) all |= words[i] as number;
  return all;
}
