/** What a file of named tensors is to its reader, whatever its format. */

/** Type and sizes of a tensor, as its file gives them. */
export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** An open file of tensors; values are read when they are asked for. */
export interface TensorFile {
  readonly name: string;
  /** Texts that the writer put beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Numbers of one tensor in float32, in row-major order. @throws BadInputError for an unknown name and for whole numbers. */
  read(tensor: string): Promise<Float32Array>;
  close(): Promise<void>;
}
