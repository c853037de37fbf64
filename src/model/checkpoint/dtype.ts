/** Element types of weights files, by the names that safetensors gives them. */

/** Types the format knows, with their size in bytes. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;
/** A safetensors element type. */
export type Dtype = keyof typeof DTYPE_BYTES;
