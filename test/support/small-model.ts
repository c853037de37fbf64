/** A checkpoint as small as one can be, for engines that take milliseconds an operation: a fixture without most of its blocks and latents. */

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import { type TensorToWrite, writeSafetensors } from "../../src/model/checkpoint/write-safetensors.js";
import { modelFolder } from "./parity.js";
import { temporaryFolder } from "./temporary.js";

/** What is left of it. */
export interface SmallSize {
  readonly blocks: number;
  readonly latents: number;
}

/** @param name of a fixture's checkpoint. @returns a folder that goes with the test file; no reference knows its numbers, other engines do. */
export async function smallModel(name: string, { blocks, latents }: SmallSize): Promise<string> {
  const [from, to] = [modelFolder(name), temporaryFolder("codilens-small-")];
  const read = (file: string): object => JSON.parse(readFileSync(join(from, file), "utf8")) as object;
  const write = (file: string, value: object): void => writeFileSync(join(to, file), JSON.stringify(value));
  cpSync(join(from, "tokenizer.json"), join(to, "tokenizer.json"));
  write("config.json", { ...read("config.json"), num_hidden_layers: blocks });
  write("codi.json", { ...read("codi.json"), num_latents: latents });
  const bytes = readFileSync(join(from, "model.safetensors"));
  const file = await openSafetensors(await filesFromBytes(name, { f: bytes }).open("f"));
  const tensors: TensorToWrite[] = [];
  for (const [tensor, { shape }] of file.tensors)
    if (Number(/\.layers\.(\d+)\./.exec(tensor)?.[1] ?? 0) < blocks)
      // The reader uses its memory again.
      tensors.push({ name: tensor, shape, ...copied(await file.read(tensor)) });
  writeFileSync(join(to, "model.safetensors"), writeSafetensors(tensors));
  return to;
}

function copied<T extends { readonly data: { slice(): unknown } }>(values: T): T {
  return { ...values, data: values.data.slice() };
}
