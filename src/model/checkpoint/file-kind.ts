/** What a file is by its first bytes: people pass many things as weights. */

/** A format that its first bytes betray. */
export interface FileKind {
  readonly kind: "lfs" | "html" | "zip" | "gguf" | "legacy-torch" | "numpy" | "tar";
  /** `a Git LFS pointer`. */
  readonly what: string;
  /** What to do about it where weights were wanted. */
  readonly hint: string;
}

/** Bytes that `kindOf` looks at. */
export const KIND_BYTES = 264;

const LEGACY_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** @param start first bytes of the file. @returns null where nothing is recognised. */
export function kindOf(start: Uint8Array): FileKind | null {
  const text = new TextDecoder("latin1").decode(start);
  const is = (kind: FileKind["kind"], what: string, hint: string): FileKind => ({ kind, what, hint });
  if (text.startsWith("version https://git-lfs"))
    return is("lfs", "a Git LFS pointer", "run `git lfs pull` in that folder");
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text))
    return is("html", "an HTML page", "the download returned an error page: get the file again");
  // All four bytes: a safetensors header of 19,280 bytes begins with "PK" too.
  if (text.startsWith("PK\u0003\u0004"))
    return is("zip", "a ZIP archive", "if it is a PyTorch file, name it pytorch_model.bin");
  if (text.startsWith("GGUF")) return is("gguf", "a GGUF file", "use the original safetensors weights");
  if (text.startsWith("\u0093NUMPY")) return is("numpy", "a NumPy file", "save the model as safetensors");
  if (text.slice(257, 262) === "ustar") return is("tar", "a tar archive", "unpack it first");
  if (start[0] === 0x80 && LEGACY_MAGIC.every((byte, i) => start[2 + i] === byte))
    return is(
      "legacy-torch",
      "a PyTorch file of the format before 1.6",
      'load it once with PyTorch and save it anew: torch.save(torch.load(f, map_location="cpu"), f)',
    );
  return null;
}
