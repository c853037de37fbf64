/** Values of `trace --value NAME=FILE`: a safetensors file with one tensor, `FILE#TENSOR`, or a JSON list of numbers. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { BadInputError, CodiLensError, UsageError } from "../base/errors.js";
import { openFilesError } from "../base/open-files.js";
import { openFolder } from "../model/checkpoint/folder.js";
import { openSafetensors } from "../model/checkpoint/safetensors.js";
import { type NamedValue, namedValue } from "../model/hooks/bound.js";
import type { Intervention } from "../model/hooks/interventions.js";
import { widened } from "../model/tensor/floats.js";

const HINT = "write --value NAME=FILE, NAME=FILE#TENSOR, or NAME=FILE.json";

/**
 * Reads the values that interventions refer to.
 *
 * @param given texts `NAME=FILE`. @throws UsageError for a text that has not this form, a name given twice or one that nothing refers to;
 *   BadInputError for a file that cannot be read.
 */
export async function readValues(
  given: readonly string[],
  interventions: readonly Intervention[],
): Promise<Record<string, NamedValue>> {
  const values: Record<string, NamedValue> = {};
  const wanted = interventions.flatMap(({ operation }) => ("ref" in operation ? [operation.ref] : []));
  for (const text of given) {
    const [, name = "", file = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === "") throw new UsageError(`--value "${text}" has not the form NAME=FILE`, HINT);
    if (Object.hasOwn(values, name))
      throw new UsageError(`--value names "${name}" twice`, "give each value a name of its own");
    if (!wanted.includes(name))
      throw new UsageError(
        `--value "${name}": no intervention refers to it`,
        `names that are referred to: ${[...new Set(wanted)].join(", ") || "none"}`,
      );
    values[name] = await readValue(file);
  }
  const missing = wanted.find((name) => !Object.hasOwn(values, name));
  if (missing !== undefined)
    throw new UsageError(`No value named "${missing}" was given`, `add --value ${missing}=FILE`);
  return values;
}

async function readValue(text: string): Promise<NamedValue> {
  const place = existsSync(text) ? -1 : text.lastIndexOf("#");
  const [file, tensor] = place < 0 ? [text, null] : [text.slice(0, place), text.slice(place + 1)];
  return file.endsWith(".json") ? readList(file) : readTensor(file, tensor);
}

async function readTensor(file: string, tensor: string | null): Promise<NamedValue> {
  const source = await openFolder(dirname(file)).open(basename(file));
  try {
    const opened = await openSafetensors(source);
    const names = [...opened.tensors.keys()];
    const name = tensor ?? names[0] ?? "";
    const info = opened.tensors.get(name);
    if (info === undefined || (tensor === null && names.length > 1))
      throw new BadInputError(
        tensor === null ? `${file} holds ${names.length} tensors, wanted one` : `${file} holds no tensor "${tensor}"`,
        `write ${file}#TENSOR; it holds ${names.slice(0, 8).join(", ") || "none"}`,
      );
    return { shape: info.shape, data: widened(await opened.read(name)) };
  } finally {
    await source.close();
  }
}

async function readList(file: string): Promise<NamedValue> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw (
      openFilesError(error) ??
      new BadInputError(`Cannot read value file "${file}": ${error.code ?? error.message}`, HINT)
    );
  });
  try {
    return namedValue(JSON.parse(text), file);
  } catch (error) {
    const why = error instanceof CodiLensError ? error.message : `${file} is no JSON`;
    throw new BadInputError(why, "a list of numbers, or a list of such lists, was wanted", { cause: error });
  }
}
