/**
 * The part of Python's pickle that a PyTorch state dict needs, read by an allow-list. Nothing is looked up, nothing is called: a name
 * outside the list, an opcode outside the list and a value of the wrong kind end the reading.
 */

import { BadInputError } from "../../base/errors.js";
import { DTYPE_BYTES } from "./dtype.js";
import {
  CAN_TRAIN,
  Dict,
  Float,
  isCount,
  isEmptyDict,
  LIMITS,
  List,
  Name,
  PickledStorage,
  PickledTensor,
  STORAGES,
  Tuple,
  type Value,
} from "./pickle-values.js";
import { quoted, quotedShape } from "./quoted.js";

/**
 * @param bytes `data.pkl` of a PyTorch archive. @param where file name, for messages.
 * @returns the tensors of the state dict in the order in which they stand.
 * @throws BadInputError with opcode or `module.name`, and the offset.
 */
export function readStateDict(bytes: Uint8Array, where: string): Map<string, PickledTensor> {
  const top = new Machine(bytes, where).run();
  const refuse = (what: string): BadInputError =>
    new BadInputError(`${where}: ${what}`, "save the plain state dict: torch.save(model.state_dict(), file)");
  if (!(top instanceof Dict)) throw refuse("the pickle holds no state dict at its top");
  const tensors = new Map<string, PickledTensor>();
  for (const [key, value] of top.entries) {
    if (!(value instanceof PickledTensor)) throw refuse(`the entry ${quoted(key)} of the state dict is not a tensor`);
    tensors.set(key, value);
  }
  return tensors;
}

class Machine {
  /** Everything that it can do; any other opcode is refused. */
  static readonly #operations: ReadonlyMap<number, (m: Machine) => void> = new Map<number, (m: Machine) => void>([
    // PROTO
    [0x80, (m) => m.#protocol(m.#byte())],
    // FRAME
    [0x95, (m) => m.#frame(m.#view.getBigUint64(m.#skip(8), true))],
    // NONE
    [0x4e, (m) => m.#push(null)],
    // NEWTRUE
    [0x88, (m) => m.#push(true)],
    // NEWFALSE
    [0x89, (m) => m.#push(false)],
    // BININT1
    [0x4b, (m) => m.#push(m.#byte())],
    // BININT2
    [0x4d, (m) => m.#push(m.#view.getUint16(m.#skip(2), true))],
    // BININT
    [0x4a, (m) => m.#push(m.#view.getInt32(m.#skip(4), true))],
    // LONG1
    [0x8a, (m) => m.#push(m.#long(m.#byte()))],
    // BINFLOAT
    [0x47, (m) => m.#push(new Float(m.#view.getFloat64(m.#skip(8))))],
    // BINUNICODE
    [0x58, (m) => m.#push(m.#text(m.#view.getUint32(m.#skip(4), true)))],
    // SHORT_BINUNICODE
    [0x8c, (m) => m.#push(m.#text(m.#byte()))],
    // MARK
    [0x28, (m) => m.#mark()],
    // EMPTY_TUPLE
    [0x29, (m) => m.#push(new Tuple([]))],
    // TUPLE1
    [0x85, (m) => m.#tuple(1)],
    // TUPLE2
    [0x86, (m) => m.#tuple(2)],
    // TUPLE3
    [0x87, (m) => m.#tuple(3)],
    // TUPLE
    [0x74, (m) => m.#push(new Tuple(m.#sinceMark()))],
    // EMPTY_LIST
    [0x5d, (m) => m.#push(new List())],
    // APPEND
    [0x61, (m) => m.#append([m.#pop()])],
    // APPENDS
    [0x65, (m) => m.#append(m.#sinceMark())],
    // EMPTY_DICT
    [0x7d, (m) => m.#push(new Dict())],
    // SETITEM
    [0x73, (m) => m.#setItems([m.#pop(), m.#pop()].reverse())],
    // SETITEMS
    [0x75, (m) => m.#setItems(m.#sinceMark())],
    // BINPUT
    [0x71, (m) => m.#put(m.#byte())],
    // LONG_BINPUT
    [0x72, (m) => m.#put(m.#view.getUint32(m.#skip(4), true))],
    // MEMOIZE
    [0x94, (m) => m.#put(m.#memo.size)],
    // BINGET
    [0x68, (m) => m.#get(m.#byte())],
    // LONG_BINGET
    [0x6a, (m) => m.#get(m.#view.getUint32(m.#skip(4), true))],
    // GLOBAL
    [0x63, (m) => m.#name(m.#line(), m.#line())],
    // STACK_GLOBAL
    [0x93, (m) => m.#stackName()],
    // REDUCE
    [0x52, (m) => m.#reduce()],
    // BINPERSID
    [0x51, (m) => m.#storage()],
    // BUILD
    [0x62, (m) => m.#build()],
  ]);

  readonly #view: DataView;
  readonly #memo = new Map<number, Value>();
  readonly #storages = new Map<string, PickledStorage>();
  readonly #marks: number[] = [];
  #stack: Value[] = [];
  #at = 0;
  #frameEnd = 0;
  #opAt = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly where: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Value {
    for (let operations = 0; ; operations++) {
      if (operations >= LIMITS.operations) throw this.#refuse(`more than ${LIMITS.operations} operations`);
      this.#opAt = this.#at;
      const op = this.#take(1)[0] as number;
      if (op === 0x2e) break;
      this.#execute(op);
      if (this.#stack.length > LIMITS.stack) throw this.#refuse(`more than ${LIMITS.stack} values on its stack`);
    }
    if (this.#at !== this.bytes.length) throw this.#refuse("bytes after its end");
    const top = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0) throw this.#refuse("values left on its stack");
    return top;
  }

  #execute(op: number): void {
    const operation = Machine.#operations.get(op);
    if (operation === undefined)
      throw this.#refuse(`opcode 0x${op.toString(16).padStart(2, "0")}, which a state dict does not need`);
    operation(this);
  }

  #protocol(version: number): void {
    if (version < 2 || version > 5) throw this.#refuse(`pickle protocol ${version}, wanted 2 to 5`);
  }

  /** Frames are for readers of streams. No operation may cross their borders: readers differ in what they see then. */
  #frame(size: bigint): void {
    if (size > BigInt(this.bytes.length - this.#at)) throw this.#refuse("no end: it is truncated");
    if (this.#at < this.#frameEnd) throw this.#refuse("a frame inside a frame");
    this.#frameEnd = this.#at + Number(size);
  }

  #name(module: string, name: string): void {
    const full = `${module}.${name}`;
    const known =
      full === "collections.OrderedDict" ||
      full === "torch._utils._rebuild_tensor_v2" ||
      full === "torch._utils._rebuild_parameter" ||
      (module === "torch" && Object.hasOwn(STORAGES, name));
    if (!known)
      throw new BadInputError(
        `${this.where}: the pickle asks for ${quoted(full)} at byte ${this.#opAt}, which no weights file needs`,
        "do not open this file with anything that runs pickles; save the plain state dict, best as safetensors",
      );
    this.#push(new Name(full));
  }

  #stackName(): void {
    const [name, module] = [this.#pop(), this.#pop()];
    if (typeof name !== "string" || typeof module !== "string") throw this.#refuse("a name that is no text");
    this.#name(module, name);
  }

  #reduce(): void {
    const [args, callee] = [this.#pop(), this.#pop()];
    if (!(callee instanceof Name) || !(args instanceof Tuple))
      throw this.#refuse("a call of something that is no name");
    const { items } = args;
    if (callee.text === "collections.OrderedDict") {
      if (items.length > 0) throw this.#refuse("an OrderedDict with arguments");
      this.#push(new Dict(true));
    } else if (callee.text === "torch._utils._rebuild_parameter") {
      const [tensor, grad, hooks] = items;
      if (!(tensor instanceof PickledTensor) || items.length !== 3) throw this.#refuse("a parameter that is no tensor");
      this.#checkExtras(tensor.storage, grad, hooks);
      this.#push(tensor);
    } else if (callee.text === "torch._utils._rebuild_tensor_v2") this.#push(this.#tensor(items));
    else throw this.#refuse(`a call of ${callee.text}`);
  }

  #tensor(items: readonly Value[]): PickledTensor {
    const [storage, offset, size, stride, grad, hooks, metadata] = items;
    if (!(storage instanceof PickledStorage) || items.length < 6 || items.length > 7)
      throw this.#refuse("a tensor without a storage");
    this.#checkExtras(storage, grad, hooks);
    // It can say that all values are meant with the other sign.
    if (metadata != null && !isEmptyDict(metadata)) throw this.#refuse("a tensor with metadata");
    const [shape, strides] = [this.#sizes(size), this.#sizes(stride)];
    if (!isCount(offset) || shape.length !== strides.length || shape.length > 8)
      throw this.#refuse("a tensor with unusable offset, shape or strides");
    // In whole numbers of any size: a product of two hostile sizes may not be rounded.
    let last = BigInt(offset);
    for (const [axis, n] of shape.entries()) last += BigInt(Math.max(0, n - 1)) * BigInt(strides[axis] ?? 0);
    if (!shape.includes(0) && last >= BigInt(storage.length))
      throw this.#refuse(
        `a tensor ${quotedShape(shape)} that reaches element ${last} of a storage of ${storage.length}`,
      );
    return new PickledTensor(storage, { offset, shape, strides });
  }

  /** What a tensor carries for training: it says nothing about values, but must be what PyTorch can take. */
  #checkExtras({ dtype }: PickledStorage, grad: Value | undefined, hooks: Value | undefined): void {
    if (typeof grad !== "boolean" || (grad && !CAN_TRAIN.has(dtype)))
      throw this.#refuse("a tensor whose requires_grad is not one that its type can have");
    if (hooks !== null && !isEmptyDict(hooks)) throw this.#refuse("a tensor with hooks");
  }

  #sizes(value: Value | undefined): number[] {
    if (!(value instanceof Tuple) || !value.items.every(isCount))
      throw this.#refuse("a tensor whose shape or strides are not whole numbers");
    return value.items as number[];
  }

  #storage(): void {
    const id = this.#pop();
    const [tag, type, key, , length] = id instanceof Tuple && id.items.length === 5 ? id.items : [];
    const dtype = type instanceof Name && type.text.startsWith("torch.") ? STORAGES[type.text.slice(6)] : undefined;
    if (tag !== "storage" || dtype === undefined || typeof key !== "string" || !isCount(length))
      throw this.#refuse("a persistent id that is no storage");
    if (!/^[0-9]{1,9}$/.test(key)) throw this.#refuse(`a storage with the key ${quoted(key)}`);
    if (BigInt(length) * BigInt(DTYPE_BYTES[dtype]) > BigInt(Number.MAX_SAFE_INTEGER))
      throw this.#refuse(`a storage of ${length} elements`);
    const storage = new PickledStorage(dtype, key, length);
    // PyTorch reads the second as it read the first: F16 as BF16, say.
    const other = this.#storages.get(key) ?? storage;
    if (other.dtype !== dtype || other.length !== length)
      throw this.#refuse(
        `the storage ${key} as ${other.length} elements of ${other.dtype} and as ${length} of ${dtype}`,
      );
    this.#storages.set(key, storage);
    this.#push(storage);
  }

  /** Attributes of an OrderedDict (PyTorch hangs `_metadata` there) say nothing about weights; of anything else they are refused. */
  #build(): void {
    const state = this.#pop();
    const built = this.#top();
    if (!(state instanceof Dict) || !(built instanceof Dict) || !built.ordered)
      throw this.#refuse("a BUILD of an object");
    if ([...state.entries.keys()].some((key) => key !== "_metadata"))
      throw this.#refuse("a BUILD with other attributes than _metadata");
  }

  #append(items: readonly Value[]): void {
    const list = this.#top();
    if (!(list instanceof List)) throw this.#refuse("an append to something that is no list");
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly Value[]): void {
    const dict = this.#top();
    if (!(dict instanceof Dict) || items.length % 2 !== 0)
      throw this.#refuse("an item set in something that is no dict");
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== "string") throw this.#refuse("a key that is no text");
      if (dict.entries.has(key)) throw this.#refuse(`the key ${quoted(key)} twice`);
      dict.entries.set(key, items[i + 1] ?? null);
    }
  }

  #tuple(size: number): void {
    const items: Value[] = [];
    for (let i = 0; i < size; i++) items.unshift(this.#pop());
    this.#push(new Tuple(items));
  }

  #mark(): void {
    if (this.#marks.length >= LIMITS.marks) throw this.#refuse(`more than ${LIMITS.marks} open marks`);
    this.#marks.push(this.#stack.length);
  }

  #sinceMark(): Value[] {
    const from = this.#marks.pop();
    if (from === undefined || from > this.#stack.length) throw this.#refuse("no mark where one was needed");
    return this.#stack.splice(from);
  }

  #put(index: number): void {
    if (this.#memo.size >= LIMITS.memo) throw this.#refuse(`more than ${LIMITS.memo} memo entries`);
    const top = this.#top();
    if (top === undefined) throw this.#refuse("nothing to remember");
    this.#memo.set(index, top);
  }

  #get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#refuse(`memo entry ${index}, which was never put`);
    this.#push(value);
  }

  #push(value: Value): void {
    this.#stack.push(value);
  }

  /** The last value; undefined where there is none above the last mark: those below it belong to what is being built there. */
  #top(): Value | undefined {
    return this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.at(-1) : undefined;
  }

  #pop(): Value {
    if (this.#top() === undefined) throw this.#refuse("nothing left on its stack");
    return this.#stack.pop() ?? null;
  }

  #long(size: number): number {
    if (size > 8) throw this.#refuse(`a whole number of ${size} bytes`);
    const bytes = this.#take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
    const signed = BigInt.asIntN(8 * size, value);
    if (signed > BigInt(Number.MAX_SAFE_INTEGER) || signed < -BigInt(Number.MAX_SAFE_INTEGER))
      throw this.#refuse(`the whole number ${signed}`);
    return Number(signed);
  }

  #text(size: number): string {
    if (size > LIMITS.text) throw this.#refuse(`a text of ${size} bytes`);
    return this.#decoded(this.#take(size));
  }

  #line(): string {
    const from = this.#at;
    const end = this.bytes.subarray(from, from + 1024).indexOf(0x0a);
    if (end < 0) throw this.#refuse("a name without end");
    this.#skip(end + 1);
    return this.#decoded(this.bytes.subarray(from, from + end));
  }

  #decoded(bytes: Uint8Array): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.#refuse("a text that is not UTF-8");
    }
  }

  #byte(): number {
    return this.#take(1)[0] as number;
  }

  #take(size: number): Uint8Array {
    const from = this.#skip(size);
    return this.bytes.subarray(from, from + size);
  }

  #skip(size: number): number {
    const from = this.#at;
    const to = from + size;
    if (to > this.bytes.length) throw this.#refuse("no end: it is truncated");
    if (this.#opAt < this.#frameEnd && to > this.#frameEnd)
      throw this.#refuse("an operation across the end of a frame");
    this.#at = to;
    return from;
  }

  #refuse(what: string): BadInputError {
    return new BadInputError(
      `${this.where}: the pickle has ${what} (byte ${this.#opAt})`,
      "the file is damaged or not a plain state dict: get it again, or save it as safetensors",
    );
  }
}
