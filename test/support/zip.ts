/** Builds ZIP archives byte by byte, so that a test can spoil any field. */

import { crc32 } from "node:zlib";

/** One entry; every field that an archive states may be given wrongly. */
export interface Entry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** Size that the directory states. */
  readonly size?: number;
  readonly packedSize?: number;
  /** Name in front of the data, where it differs from the directory's. */
  readonly localName?: string;
  readonly localMethod?: number;
  /** Where the directory says that the entry begins. */
  readonly at?: number;
  readonly extra?: Uint8Array;
}

const u16 = (n: number): number[] => [n & 255, (n >>> 8) & 255];
const u32 = (n: number): number[] => [...u16(n & 0xffff), ...u16(n >>> 16)];
const u64 = (n: number): number[] => [...u32(n % 2 ** 32), ...u32(Math.floor(n / 2 ** 32))];

/** @param zip64 writes every size and place as PyTorch does for large files. */
export function zipOf(
  entries: readonly Entry[],
  options: { readonly zip64?: boolean; readonly comment?: string } = {},
): Uint8Array {
  const out: number[] = [];
  const directory: number[] = [];
  for (const entry of entries) {
    const { name, data, method = 0, flags = 0, crc = crc32(data), size = data.length } = entry;
    const packed = entry.packedSize ?? size;
    const begin = entry.at ?? out.length;
    const local = new TextEncoder().encode(entry.localName ?? name);
    const raw = new TextEncoder().encode(name);
    out.push(
      ...u32(0x04034b50),
      ...u16(20),
      ...u16(flags),
      ...u16(entry.localMethod ?? method),
      ...u32(0),
      ...u32(crc),
    );
    out.push(...u32(packed), ...u32(size), ...u16(local.length), ...u16(0), ...local, ...data);
    const extra =
      entry.extra === undefined
        ? options.zip64 === true
          ? [...u16(1), ...u16(24), ...u64(size), ...u64(packed), ...u64(begin)]
          : []
        : [...entry.extra];
    const field = (n: number): number[] => u32(options.zip64 === true ? 0xffffffff : n);
    directory.push(...u32(0x02014b50), ...u16(20), ...u16(20), ...u16(flags), ...u16(method), ...u32(0), ...u32(crc));
    directory.push(...field(packed), ...field(size), ...u16(raw.length), ...u16(extra.length), ...u16(0), ...u16(0));
    directory.push(...u16(0), ...u32(0), ...field(begin), ...raw, ...extra);
  }
  const at = out.length;
  out.push(...directory);
  const count = entries.length;
  if (options.zip64 === true) {
    const end = out.length;
    out.push(
      ...u32(0x06064b50),
      ...u64(44),
      ...u16(45),
      ...u16(45),
      ...u32(0),
      ...u32(0),
      ...u64(count),
      ...u64(count),
    );
    out.push(...u64(directory.length), ...u64(at), ...u32(0x07064b50), ...u32(0), ...u64(end), ...u32(1));
  }
  const comment = new TextEncoder().encode(options.comment ?? "");
  out.push(
    ...u32(0x06054b50),
    ...u16(0),
    ...u16(0),
    ...u16(count),
    ...u16(count),
    ...u32(directory.length),
    ...u32(at),
  );
  out.push(...u16(comment.length), ...comment);
  return Uint8Array.from(out);
}
