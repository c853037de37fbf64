/** Directions from a file of tensors that was dropped. */

import { BadInputError, filesFromBlobs, openTensorFile } from "../../browser.js";

/** Most numbers of one direction, and most directions of a file: they stand in the page's address. */
const MOST_NUMBERS = 2 ** 13;
const MOST_VECTORS = 16;

/** A direction by a name that the page can use. */
export interface FileVector {
  readonly name: string;
  readonly numbers: Float32Array;
}

/** Reads every tensor of one row. @throws BadInputError for a file that cannot be read, and for one without such a tensor. */
export async function readVectors(name: string, blob: Blob): Promise<FileVector[]> {
  const file = await openTensorFile(filesFromBlobs("dropped", { [name]: blob }), name);
  try {
    const rows = [...file.tensors].filter(([, { shape }]) => isRow(shape));
    if (rows.length === 0 || rows.length > MOST_VECTORS)
      throw new BadInputError(
        `${name} holds ${rows.length} tensors of one row, 1 to ${MOST_VECTORS} were wanted`,
        `save vectors such as [64], of at most ${MOST_NUMBERS} numbers`,
      );
    const found: FileVector[] = [];
    for (const [i, [tensor]] of rows.entries()) {
      const numbers = await file.read(tensor);
      if (!numbers.every(Number.isFinite))
        throw new BadInputError(`${name}: the tensor "${tensor}" holds numbers that are not finite`, "save it again");
      found.push({ name: nameOf(tensor, i), numbers });
    }
    return found;
  } finally {
    await file.close();
  }
}

function isRow(shape: readonly number[]): boolean {
  const size = shape.reduce((product, n) => product * n, 1);
  return size > 0 && size <= MOST_NUMBERS && shape.at(-1) === size;
}

/** A tensor's name with what a direction's name cannot have replaced. */
function nameOf(tensor: string, place: number): string {
  const plain = tensor.replace(/[^\w-]+/g, "-").slice(0, 40);
  return /^[A-Za-z]/.test(plain) ? plain : `vector-${place}${plain === "" ? "" : `-${plain}`}`.slice(0, 40);
}
