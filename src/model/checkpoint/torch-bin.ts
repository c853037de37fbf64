/** PyTorch's `pytorch_model.bin` (the zip format since 1.6), read lazily by position; its pickle is never run (see `pickle.ts`). */

import { BadInputError } from "../../base/errors.js";
import type { FloatValues } from "../tensor/floats.js";
import { DTYPE_BYTES } from "./dtype.js";
import { KIND_BYTES, kindOf } from "./file-kind.js";
import { readStateDict } from "./pickle.js";
import { PickledTensor } from "./pickle-values.js";
import { quoted } from "./quoted.js";
import type { ByteSource } from "./source.js";
import { asValues, type BufferSupply, elements, floatTensor, type TensorStore } from "./store.js";
import { readZip, type ZipEntry } from "./zip.js";

// kMaxSupportedFileFormatVersion of PyTorch 2.
const NEWEST_FORMAT = 10;
// Entries that hold a number; none changes how the weights are read.
const NUMBERED: readonly string[] = [
  ".data/version",
  ".data/serialization_id",
  ".format_version",
  ".storage_alignment",
];
const MOST_PICKLE_BYTES = 2 ** 26;
const CRC_CHUNK_BYTES = 2 ** 24;

/** Checks archive, pickle and every storage's size; reads no weight. @throws BadInputError naming what is wrong. */
export async function openTorchBin(source: ByteSource): Promise<TensorStore> {
  const size = await source.size();
  const kind = kindOf(await source.read(0, Math.min(KIND_BYTES, size)));
  if (kind?.kind !== "zip") {
    const found = kind === null ? "not a PyTorch file (a ZIP archive)" : `${kind.what}, not a PyTorch ZIP archive`;
    throw new BadInputError(`${source.name} is ${found}`, kind?.hint ?? "get the file again");
  }
  const archive = new Archive(source, await readZip(source));
  const pickled = readStateDict(await archive.pickle(), source.name);
  const tensors = new Map(
    [...pickled].map(([name, { storage, shape }]) => [name, { name, dtype: storage.dtype, shape }] as const),
  );
  for (const { storage } of pickled.values())
    archive.checkStorage(storage.key, storage.length * DTYPE_BYTES[storage.dtype]);
  return {
    name: source.name,
    tensors,
    read: async (name, supply, range) => {
      floatTensor(source.name, tensors.get(name), name);
      const tensor = pickled.get(name) as PickledTensor;
      if (range === undefined) return archive.read(tensor, supply);
      const { storage, offset, shape, strides } = tensor;
      const { from, count } = range;
      if (isContiguous(shape, strides)) {
        const part = new PickledTensor(storage, { offset: offset + from, shape: [count], strides: [1] });
        return elements(shape) === storage.length ? archive.readNext(part, supply) : archive.read(part, supply);
      }
      const all = await archive.read(tensor);
      return { dtype: all.dtype, data: all.data.slice(from, from + count) } as FloatValues;
    },
    isSame: (one, other) => sameView(pickled.get(one), pickled.get(other)),
    close: () => source.close(),
  };
}

class Archive {
  readonly #prefix: string;
  readonly #checked = new Set<string>();
  /** Checksums of storages that are being read from their first byte on. */
  readonly #begun = new Map<string, { readonly bytes: number; readonly crc: number }>();

  constructor(
    readonly source: ByteSource,
    readonly entries: ReadonlyMap<string, ZipEntry>,
  ) {
    const pickles = [...entries.keys()].filter((name) => name.endsWith("/data.pkl"));
    const [pickle] = pickles;
    if (pickle === undefined || pickles.length > 1)
      throw this.#refuse(`the archive has ${pickles.length} entries data.pkl, wanted 1`);
    this.#prefix = pickle.slice(0, -"data.pkl".length);
    if (this.#prefix.indexOf("/") !== this.#prefix.length - 1)
      throw this.#refuse(`the archive has its pickle in ${quoted(this.#prefix)}, wanted one folder`);
    for (const name of entries.keys()) this.#checkName(name);
    for (const { name, method } of entries.values())
      if (method !== 0) throw this.#refuse(`the entry ${quoted(name)} is compressed (method ${method}), wanted stored`);
  }

  #checkName(name: string): void {
    const own = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : null;
    if (
      own !== null &&
      (/^(?:data\.pkl|version|byteorder)$/.test(own) || NUMBERED.includes(own) || /^data\/[0-9]+$/.test(own))
    )
      return;
    if (own !== null && /^(?:code\/|constants(?:\.pkl|\/))/.test(own))
      throw new BadInputError(
        `${this.source.name} is a TorchScript program, wanted a state dict`,
        "save model.state_dict() instead",
      );
    throw this.#refuse(`the archive has an entry ${quoted(name)} that no state dict has`);
  }

  async pickle(): Promise<Uint8Array> {
    await this.#checkVersion();
    for (const name of NUMBERED) {
      const entry = this.entries.get(this.#prefix + name);
      if (entry === undefined) continue;
      const text = new TextDecoder("latin1").decode(await this.#whole(entry, 256));
      if (!/^[0-9]+\n?$/.test(text))
        throw this.#refuse(`the entry ${quoted(entry.name)} holds ${quoted(text)}, wanted a number`);
    }
    const order = this.entries.get(`${this.#prefix}byteorder`);
    if (order !== undefined) {
      const text = new TextDecoder("latin1").decode(await this.#whole(order, 64));
      if (text !== "little") throw this.#refuse(`its byte order is ${quoted(text)}, wanted "little"`);
    }
    return this.#whole(this.entries.get(`${this.#prefix}data.pkl`) as ZipEntry, MOST_PICKLE_BYTES);
  }

  /** PyTorch looks at the hidden one first; both must be one that it can read. */
  async #checkVersion(): Promise<void> {
    const found = [".data/version", "version"].map((name) => this.entries.get(this.#prefix + name));
    const versions = found.filter((entry) => entry !== undefined);
    if (versions.length === 0) throw this.#refuse("the archive has no entry version");
    for (const entry of versions) {
      const text = new TextDecoder("latin1").decode(await this.#whole(entry, 64));
      if (!/^[1-9][0-9]?\n?$/.test(text) || Number(text) > NEWEST_FORMAT)
        throw this.#refuse(`its format has the version ${quoted(text)}, wanted 1 to ${NEWEST_FORMAT}`);
    }
  }

  checkStorage(key: string, bytes: number): void {
    const entry = this.#storage(key);
    if (entry.size !== bytes)
      throw this.#refuse(`the storage ${quoted(entry.name)} has ${entry.size} bytes, its pickle wants ${bytes}`);
  }

  async read(tensor: PickledTensor, supply: BufferSupply = fresh): Promise<FloatValues> {
    const { storage, offset, shape, strides } = tensor;
    const entry = this.#storage(storage.key);
    const count = elements(shape);
    const width = DTYPE_BYTES[storage.dtype];
    const span = count === 0 ? 0 : shape.reduce((last, n, axis) => last + (n - 1) * (strides[axis] ?? 0), 0) + 1;
    const whole = offset === 0 && span === storage.length;
    // Part of a storage: its checksum is taken over all of it, once.
    if (!whole && !this.#checked.has(storage.key)) await this.#checkCrc(entry);
    const bytes = await this.source.read(entry.begin + offset * width, span * width, supply(span * width));
    if (whole && !this.#checked.has(storage.key) && this.source.crc32(bytes, 0) !== entry.crc)
      throw this.#badCrc(entry);
    this.#checked.add(storage.key);
    const values = asValues(storage.dtype, bytes);
    return isContiguous(shape, strides) ? values : gathered(values, shape, strides);
  }

  /** A part of a storage that is read whole, in order: its checksum is compared when the last part comes, and nothing is read twice. */
  async readNext(part: PickledTensor, supply: BufferSupply = fresh): Promise<FloatValues> {
    const { key, dtype } = part.storage;
    const before = this.#begun.get(key) ?? { bytes: 0, crc: 0 };
    if (this.#checked.has(key) || part.offset * DTYPE_BYTES[dtype] !== before.bytes) return this.read(part, supply);
    const entry = this.#storage(key);
    const length = elements(part.shape) * DTYPE_BYTES[dtype];
    const bytes = await this.source.read(entry.begin + before.bytes, length, supply(length));
    const now = { bytes: before.bytes + length, crc: this.source.crc32(bytes, before.crc) };
    this.#begun.set(key, now);
    if (now.bytes === entry.size) {
      if (now.crc !== entry.crc) throw this.#badCrc(entry);
      this.#checked.add(key);
    }
    return asValues(dtype, bytes);
  }

  #storage(key: string): ZipEntry {
    const entry = this.entries.get(`${this.#prefix}data/${key}`);
    if (entry === undefined) throw this.#refuse(`the storage data/${key} is missing in the archive`);
    return entry;
  }

  async #whole(entry: ZipEntry, most: number): Promise<Uint8Array> {
    if (entry.size > most)
      throw this.#refuse(`the entry ${quoted(entry.name)} has ${entry.size} bytes, at most ${most} are allowed`);
    const bytes = await this.source.read(entry.begin, entry.size);
    if (this.source.crc32(bytes, 0) !== entry.crc) throw this.#badCrc(entry);
    return bytes;
  }

  async #checkCrc(entry: ZipEntry): Promise<void> {
    let crc = 0;
    for (let at = 0; at < entry.size; at += CRC_CHUNK_BYTES)
      crc = this.source.crc32(
        await this.source.read(entry.begin + at, Math.min(CRC_CHUNK_BYTES, entry.size - at)),
        crc,
      );
    if (crc !== entry.crc) throw this.#badCrc(entry);
  }

  #badCrc({ name }: ZipEntry): BadInputError {
    return this.#refuse(`the entry ${quoted(name)} does not have the checksum that the archive gives for it`);
  }

  #refuse(what: string): BadInputError {
    return new BadInputError(`${this.source.name}: ${what}`, "the file is damaged or not a state dict: get it again");
  }
}

function sameView(one: PickledTensor | undefined, other: PickledTensor | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  const key = ({ storage, offset, shape, strides }: PickledTensor): string =>
    `${storage.key} ${offset} ${shape.join(",")} ${strides.join(",")}`;
  return key(one) === key(other);
}

function fresh(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let wanted = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] ?? 0;
    if (n === 0) return true;
    if (n !== 1 && strides[axis] !== wanted) return false;
    wanted *= n;
  }
  return true;
}

/** Copies a strided view to row-major order; the view begins at element 0 of `values`. */
function gathered(values: FloatValues, shape: readonly number[], strides: readonly number[]): FloatValues {
  const count = elements(shape);
  const out = values.dtype === "F32" ? new Float32Array(count) : new Uint16Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    out[to] = values.data[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      from += stride;
      if (index[axis] !== shape[axis]) break;
      from -= stride * (shape[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return { dtype: values.dtype, data: out } as FloatValues;
}
