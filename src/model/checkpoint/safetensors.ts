/** Safetensors, read lazily by position and checked strictly (format: github.com/huggingface/safetensors, README "Format"). */

import { BadInputError } from "../errors.js";
import type { TensorInfo } from "./dtype.js";
import { bf16ToFloat32, f16ToFloat32, firstNonFinite } from "./half.js";
import { scanHeader } from "./header-scan.js";
import { quoted } from "./quoted.js";
import type { ByteSource } from "./source.js";

/** An open file. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  /** @throws BadInputError for an unknown tensor, another type than F32/F16/BF16, or NaN and infinity (with their place). */
  readFloat32(name: string): Promise<Float32Array>;
}

const MOST_HEADER_BYTES = 100_000_000;

/** Checks the whole header; reads no tensor. @throws BadInputError naming file, tensor, found and wanted. */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const size = await source.size();
  if (size < 8) throw truncated(source, 8, size);
  const head = await source.read(0, 8);
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  await refuseOtherFormats(source, size);
  if (length > BigInt(MOST_HEADER_BYTES)) {
    throw new BadInputError(
      `${source.name}: the header claims ${length} bytes, at most ${MOST_HEADER_BYTES} are allowed`,
      "this is not a safetensors file, or it is damaged",
    );
  }
  const headerBytes = Number(length);
  if (8 + headerBytes > size) throw truncated(source, 8 + headerBytes, size);
  const text = decodeHeader(source, await source.read(8, headerBytes));
  const { tensors, metadata } = scanHeader(text, source.name, 8 + headerBytes, size);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return { tensors: byName, metadata, readFloat32: (name) => readFloat32(source, byName.get(name), name) };
}

function truncated(source: ByteSource, needs: number, has: number): BadInputError {
  return new BadInputError(`${source.name} is truncated: needs ${needs} bytes, has ${has}`, "get the file again");
}

async function refuseOtherFormats(source: ByteSource, size: number): Promise<void> {
  const start = new TextDecoder("latin1").decode(await source.read(0, Math.min(64, size)));
  const hint = (what: string, todo: string): BadInputError =>
    new BadInputError(`${source.name} is ${what}, not safetensors`, todo);
  if (start.startsWith("version https://git-lfs")) throw hint("a Git LFS pointer", "run `git lfs pull` in that folder");
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(start))
    throw hint("an HTML page", "the download returned an error page: get the file again");
  // All four bytes: a header of 19,280 bytes begins with "PK" too.
  if (start.startsWith("PK\u0003\u0004")) throw hint("a ZIP archive (PyTorch .bin?)", "save the model as safetensors");
  if (start.startsWith("GGUF")) throw hint("a GGUF file", "use the original safetensors weights");
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

async function readFloat32(source: ByteSource, info: TensorInfo | undefined, name: string): Promise<Float32Array> {
  if (info === undefined)
    throw new BadInputError(`${source.name} has no tensor ${quoted(name)}`, "run the weights check");
  if (info.dtype !== "F32" && info.dtype !== "F16" && info.dtype !== "BF16") {
    throw new BadInputError(
      `${source.name}: tensor ${quoted(name)} is ${info.dtype}, wanted F32, F16 or BF16`,
      "convert the checkpoint",
    );
  }
  const bytes = await source.read(info.begin, info.end - info.begin);
  const values = toFloat32(info.dtype, bytes);
  const bad = firstNonFinite(values);
  if (bad >= 0)
    throw new BadInputError(
      `${source.name}: tensor ${quoted(name)} holds ${values[bad]} at element ${bad}`,
      "the weights are damaged: get them again",
    );
  return values;
}

function toFloat32(dtype: "F32" | "F16" | "BF16", bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (dtype === "F32") return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const words = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  return dtype === "BF16" ? bf16ToFloat32(words) : f16ToFloat32(words);
}
