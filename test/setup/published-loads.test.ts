/** What `doctor` says that a load of published sizes takes, beside the estimate of a load. */
// @needs nothing

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../src/model/checkpoint/load.js";
import { loadEstimate } from "../../src/model/latent/load/memory.js";
import { PUBLISHED, sparseCheckpoint } from "../support/sparse-checkpoint.js";
import { temporaryFolder } from "../support/temporary.js";

const { LOADS } = (await import(new URL("../../scripts/setup/doctor.mjs", import.meta.url).href)) as {
  readonly LOADS: readonly (readonly [string, number, number])[];
};

/** In GB, rounded up to one digit. */
const inGb = (bytes: number): number => Math.ceil(bytes / 1e8) / 10;

test("doctor's figures are those of a load in BF16, in float32 and held as stored", async () => {
  const home = temporaryFolder("codilens-doctor-");
  const found = await Promise.all(
    Object.entries(PUBLISHED).map(async ([size, shape]) => {
      const folder = join(home, size);
      mkdirSync(folder);
      sparseCheckpoint(folder, shape);
      const checkpoint = await openCheckpoint(openFolder(folder));
      await checkpoint.close();
      return [size, inGb(loadEstimate(checkpoint).peakBytes), inGb(loadEstimate(checkpoint, "stored").peakBytes)];
    }),
  );
  expect(LOADS).toEqual(found);
});
