/** What the WASM engine cannot address is refused before a weight is read. */
// @needs engine, process

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CodiModel, EnvironmentError } from "../../../src/index.js";
import { addedWeights, PUBLISHED, sparseCheckpoint } from "../../support/sparse-checkpoint.js";
import { temporaryFolder } from "../../support/temporary.js";

test.each(["1B", "8B"] as const)("%s, with its size and what the engine has", async (size) => {
  const folder = join(temporaryFolder("codilens-sizes-"), size);
  mkdirSync(folder);
  sparseCheckpoint(folder, PUBLISHED[size]);
  const loading = CodiModel.load(folder, { engine: "wasm", force: true });
  const mebibytes = ((4 * (PUBLISHED[size].parameters + addedWeights(PUBLISHED[size]))) / 2 ** 20).toFixed(1);
  await expect(loading).rejects.toThrow(EnvironmentError);
  await expect(loading).rejects.toMatchObject({
    message: `The wasm engine cannot hold ${folder}: its weights take ${mebibytes} MiB in float32, and the engine can address 4096.0 MiB`,
    hint: "compute with --engine native",
  });
});
