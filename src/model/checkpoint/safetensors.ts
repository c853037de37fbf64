/** Safetensors, read lazily by position and checked strictly (format: github.com/huggingface/safetensors, README "Format"). */

import { BadInputError } from "../../base/errors.js";
import { DTYPE_BYTES } from "./dtype.js";
import { KIND_BYTES, kindOf } from "./file-kind.js";
import { scanHeader, type TensorInfo } from "./header-scan.js";
import type { ByteSource } from "./source.js";
import { asValues, elements, floatTensor, type TensorStore } from "./store.js";

/** An open file. */
export interface SafetensorsFile extends TensorStore {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

const MOST_HEADER_BYTES = 100_000_000;

/** Checks the whole header; reads no tensor. @throws BadInputError naming file, tensor, found and wanted. */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const size = await source.size();
  if (size < 8) throw truncated(source, 8, size);
  const head = await source.read(0, 8);
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  if (!(await looksRight(source, size, length))) await refuseOtherFormats(source, size);
  if (length > BigInt(MOST_HEADER_BYTES)) {
    throw new BadInputError(
      `${source.name}: the header claims ${length} bytes, at most ${MOST_HEADER_BYTES} are allowed`,
      "this is not a safetensors file, or it is damaged",
    );
  }
  const headerBytes = Number(length);
  if (8 + headerBytes > size) throw truncated(source, 8 + headerBytes, size);
  const text = decodeHeader(source, await source.read(8, headerBytes));
  const { tensors, metadata } = scanHeader(text, { where: source.name, dataBegin: 8 + headerBytes, fileSize: size });
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return {
    name: source.name,
    tensors: byName,
    metadata,
    read: async (name, supply, range) => {
      const { begin, dtype, shape } = floatTensor(source.name, byName.get(name), name);
      const { from, count } = range ?? { from: 0, count: elements(shape) };
      const bytes = count * DTYPE_BYTES[dtype];
      return asValues(dtype, await source.read(begin + from * DTYPE_BYTES[dtype], bytes, supply?.(bytes)));
    },
    // The format has no shared tensors.
    isSame: (one, other) => one === other,
    close: () => source.close(),
  };
}

function truncated(source: ByteSource, needs: number, has: number): BadInputError {
  return new BadInputError(`${source.name} is truncated: needs ${needs} bytes, has ${has}`, "get the file again");
}

/** A length that fits, then "{": no other format begins so, whatever the names in the header spell. */
async function looksRight(source: ByteSource, size: number, length: bigint): Promise<boolean> {
  if (length === 0n || length > BigInt(Math.min(MOST_HEADER_BYTES, size - 8))) return false;
  return (await source.read(8, 1))[0] === 0x7b;
}

async function refuseOtherFormats(source: ByteSource, size: number): Promise<void> {
  const kind = kindOf(await source.read(0, Math.min(KIND_BYTES, size)));
  if (kind !== null) throw new BadInputError(`${source.name} is ${kind.what}, not safetensors`, kind.hint);
}

function decodeHeader(source: ByteSource, bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b)
    throw new BadInputError(
      `${source.name}: the header does not begin with "{"`,
      "this is not a safetensors file, or it is damaged",
    );
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new BadInputError(`${source.name}: the header is not UTF-8`, "the file is damaged: get it again", {
      cause: error,
    });
  }
}
