/** Where our reader of PyTorch files is stricter than `torch.load(weights_only=True)`, and why. */

import type { TorchVerdict } from "./torch-bin.js";

interface StricterClass {
  readonly name: string;
  readonly reason: string;
  /** What we say of such a file. */
  readonly message: RegExp;
  /** Does the file have that feature, by Python's own tools? Left out where they cannot tell. */
  readonly holds?: (verdict: TorchVerdict, match: RegExpExecArray) => boolean;
}

const has =
  (one: string) =>
  ({ features }: TorchVerdict): boolean =>
    features?.has(one) === true;
const hasOp = ({ features }: TorchVerdict, [, code = ""]: RegExpExecArray): boolean =>
  features?.has(`op ${code}`) === true;
const noStateDict = ({ kind }: TorchVerdict): boolean => kind === "o";
const zipfileToo = ({ features }: TorchVerdict): boolean =>
  features?.has("zipfile refuses") === true || features?.has("zipfile cannot read an entry") === true;

const CLASSES: readonly StricterClass[] = [
  // The pickle.
  {
    name: "no state dict",
    reason: "something else than a dict of plain tensors holds no weights by name",
    message: /holds no state dict at its top|of the state dict is not a tensor$/,
    holds: noStateDict,
  },
  {
    name: "name outside the list",
    reason: "torch allows some 100 names, a state dict needs 13; what is never looked up cannot be misused",
    message: /the pickle asks for /,
  },
  {
    name: "operation outside the list",
    reason: "sets, bytes, new objects: no state dict has them",
    message: /the pickle has opcode 0x([0-9a-f]{2})/,
    holds: hasOp,
  },
  {
    name: "call outside the list",
    reason: "an OrderedDict made from arguments, a storage type that is called: no state dict has them",
    message: /an OrderedDict with arguments|a call of /,
  },
  {
    name: "bytes after the pickle",
    reason: "two readers may see two pickles",
    message: /the pickle has bytes after its end/,
    holds: (verdict) => has("bytes after the pickle")(verdict) || zipfileToo(verdict),
  },
  {
    name: "values left on the stack",
    reason: "no pickler leaves any; what they were for is not known",
    message: /the pickle has values left on its stack/,
  },
  {
    name: "pickle key twice",
    reason: "two readers may see two models",
    message: /the pickle has the key ".*" twice/,
  },
  {
    name: "item of something else",
    reason: "CPython's machine sets one element of a storage; no pickler does",
    message: /an item set in something that is no dict/,
  },
  {
    name: "key that is no text",
    reason: "a weight has a name",
    message: /a key that is no text/,
  },
  {
    name: "tensor metadata",
    reason: "it can turn the sign of every value (neg), and no weight has it",
    message: /a tensor with metadata/,
  },
  { name: "hooks of a tensor", reason: "PyTorch itself warns and drops them", message: /a tensor with hooks/ },
  {
    name: "storage of two kinds",
    reason: "torch reads the second by type and length of the first: F16 as BF16, say",
    message: /the pickle has the storage \d+ as /,
  },
  {
    name: "frame",
    reason: "an operation that crosses the border of a frame: readers differ in what they see",
    message: /a frame inside a frame|across the end of a frame/,
  },
  {
    name: "attributes of a dict",
    reason: "PyTorch hangs _metadata there and nothing else",
    message: /a BUILD with other attributes|a BUILD of an object/,
  },
  {
    name: "number beyond 2^53",
    reason: "no size or place is that large, and JavaScript's numbers do not hold it",
    message: /a whole number of \d+ bytes|the whole number -?\d+/,
    holds: has("op 8a"),
  },
  {
    name: "size that is no number",
    reason: "true as 1, a list in the place of a tuple: an accident of Python",
    message: /whose shape or strides are not whole numbers|unusable offset, shape or strides|that is no storage/,
  },
  {
    name: "pickle protocol",
    reason: "torch ignores the number; there are no others than 2 to 5 with these operations",
    message: /pickle protocol \d+, wanted 2 to 5/,
  },
  {
    name: "text that is not UTF-8",
    reason: "halves of surrogate pairs: no name has them",
    message: /the pickle has a text that is not UTF-8/,
  },
  {
    name: "storage key",
    reason: "torch.save counts them; another name would be a path",
    message: /a storage with the key /,
  },
  {
    name: "marks without end",
    reason: "memory and time are bounded",
    message: /more than 256 open marks/,
  },
  // The archive.
  {
    name: "storage of another size than its entry",
    reason: "torch reads part of the entry, or lets an empty one pass; torch.save writes none such",
    message: /the storage ".*" has \d+ bytes, its pickle wants \d+|the storage data\/\d+ is missing/,
  },
  {
    name: "compressed entry",
    reason: "torch.save stores; what is unpacked may be a thousand times as large",
    message: /is compressed \(method \d+\), wanted stored/,
    holds: (verdict) => has("compressed")(verdict) || zipfileToo(verdict),
  },
  {
    name: "header in front of an entry",
    reason: "torch believes the directory alone; Python's zipfile and unzip refuse or see another file",
    message: /does not begin where the directory says|is compressed otherwise than the directory says/,
  },
  {
    name: "checksum",
    reason: "torch does not look at it; a damaged weight would be a different number without a word",
    message: /does not have the checksum/,
    holds: zipfileToo,
  },
  {
    name: "entry twice",
    reason: "two readers may see two models",
    message: /stands twice in the archive/,
    holds: (verdict) => has("entry twice")(verdict) || zipfileToo(verdict),
  },
  {
    name: "entry that no state dict has",
    reason: "torch.save writes none such",
    message:
      /that no state dict has|holds ".*", wanted a number|is marked as a folder|entries data\.pkl, wanted 1|is a TorchScript program|has an entry with the name/,
  },
  {
    name: "entries that overlap",
    reason: "one byte would be two weights",
    message: /^.*the entries ".*" and ".*" overlap/,
  },
  {
    name: "end of the archive",
    reason: "bytes between, before or after the parts of an archive: two readers may see two archives",
    message: /the archive has no end record|does not end where its end record begins|bytes after its last entry|the ZIP64 end record|the archive is one of several parts|the two end records|claims \d+ entries|directory is damaged/, // biome-ignore format: one pattern
  },
  {
    name: "extra field",
    reason: "a field that is cut, or a 64-bit size that is not there",
    message: /has a damaged extra field|lacks its 64-bit|two sizes differ|reaches beyond the archive|lies outside the archive|the (?:compressed size|size|place) of ".*" is \d+/, // biome-ignore format: one pattern
  },
  {
    name: "big-endian file",
    reason: "torch turns its bytes; no machine in use writes one, and this version does not",
    message: /its byte order is "big"/,
  },
  {
    name: "version spelt otherwise",
    reason: "torch takes whatever begins with a number",
    message: /its format has the version/,
  },
  {
    name: "encrypted entry",
    reason: "torch does not look at all of the flags that say so",
    message: /is encrypted|is a patch of another/,
  },
  {
    name: "format before 1.6",
    reason: "it is a pickle without archive; convert it (see its message)",
    message: /a PyTorch file of the format before 1\.6|is not a PyTorch file \(a ZIP archive\)/,
  },
];

/** Names of all classes with their reasons, for the report. */
export const TORCH_REASONS: ReadonlyMap<string, string> = new Map(CLASSES.map(({ name, reason }) => [name, reason]));

/** @returns the class that says why we refuse a file, null where none does or the file lacks what the class is about. */
export function classOf(message: string, verdict: TorchVerdict): string | null {
  for (const { name, message: pattern, holds } of CLASSES) {
    const match = pattern.exec(message);
    if (match === null) continue;
    if (holds === undefined || verdict.features === null || holds(verdict, match)) return name;
  }
  return null;
}
