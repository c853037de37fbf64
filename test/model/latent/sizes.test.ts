/** What is said of published sizes before a weight is read: 1B, 3B and 8B, in float32 and held as they are stored. */
// @needs nothing

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkCrewMemory, crewSize } from "../../../src/experiments/plan/crew-size.js";
import { openFolder } from "../../../src/model/checkpoint/folder.js";
import { type Checkpoint, openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { checkMemory, loadEstimate } from "../../../src/model/latent/load/memory.js";
import { describeWeights } from "../../../src/weights/describe.js";
import {
  addedRows,
  addedWeights,
  PUBLISHED,
  projectionWeights,
  sparseCheckpoint,
} from "../../support/sparse-checkpoint.js";
import { temporaryFolder } from "../../support/temporary.js";

const GB = 1e9;
const home = temporaryFolder("codilens-sizes-");
type Size = keyof typeof PUBLISHED;
const SIZES = Object.keys(PUBLISHED) as Size[];

function folderOf(size: Size): string {
  const folder = join(home, size);
  mkdirSync(folder, { recursive: true });
  sparseCheckpoint(folder, PUBLISHED[size]);
  return folder;
}

async function opened(size: Size): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(openFolder(folderOf(size)));
  await checkpoint.close();
  return checkpoint;
}

/** Two bytes each, but for norms and the projection. */
function storedBytes(size: Size): number {
  const shape = PUBLISHED[size];
  const norms = (2 * shape.layers + 1) * shape.dModel;
  return 2 * (shape.parameters - norms + addedRows(shape)) + 4 * (norms + projectionWeights(shape));
}

afterEach(() => {
  delete process.env["CODILENS_MEMORY_LIMIT_MB"];
});

describe.each(SIZES)("%s", (size) => {
  const weightBytes = 4 * (PUBLISHED[size].parameters + addedWeights(PUBLISHED[size]));

  test("the weights are those of the model card and of CODI, and a load takes little more", async () => {
    const { load, loadStored } = (await describeWeights(folderOf(size))).checkpoint ?? {};
    expect(load?.weightBytes).toBe(weightBytes);
    expect(loadStored?.weightBytes).toBe(storedBytes(size));
    // The engine's library, and a matrix of each kind on its way.
    for (const each of [load, loadStored]) {
      const more = (each?.peakBytes ?? 0) - (each?.weightBytes ?? 0);
      expect(more).toBeGreaterThan(0.7 * GB);
      expect(more).toBeLessThan(2 * GB);
    }
  });

  test("a load that does not fit is refused with what it needs and what there is", async () => {
    const checkpoint = await opened(size);
    const { peakBytes } = loadEstimate(checkpoint);
    process.env["CODILENS_MEMORY_LIMIT_MB"] = "1000";
    const needs = `${(peakBytes / 2 ** 20).toFixed(1)} MiB`;
    expect(peakBytes).toBeGreaterThan(weightBytes);
    expect(() => checkMemory(checkpoint, {})).toThrow(
      expect.objectContaining({
        message: `Not enough memory to load ${checkpoint.name}: it needs about ${needs}, 1000.0 MiB are available (CODILENS_MEMORY_LIMIT_MB)`,
        hint: "close other programs, raise the limit, use a machine with more memory, or try all the same with --force",
      }),
    );
    const stored = `${(loadEstimate(checkpoint, "stored").peakBytes / 2 ** 20).toFixed(1)} MiB`;
    expect(() => checkMemory(checkpoint, { hold: "stored" })).toThrow(`it needs about ${stored}`);
    expect(() => checkMemory(checkpoint, { force: true })).not.toThrow();
  });

  test("workers hold the weights each, and so many as do not fit are refused", async () => {
    const checkpoint = await opened(size);
    const memory = { bytes: 1.9 * weightBytes, limit: "the machine's free memory" };
    const load = { checkpoint, rows: 64, positions: 200 };
    const two = crewSize(load, { workers: 2, profile: false }, { cores: 2, memory });
    expect(two.bytesEach).toBeGreaterThan(weightBytes + 0.7 * GB);
    expect(() => checkCrewMemory(two, { memory, force: false })).toThrow(
      /^Not enough memory for 2 workers: they need about \d+\.\d MiB together/,
    );
    const held = crewSize({ ...load, hold: "stored" }, { workers: 2, profile: false }, { cores: 2, memory });
    // Half the weights, and the largest matrix once more while a batch is multiplied by it: gate and up together. The head is in parts.
    const widened = 4 * 2 * PUBLISHED[size].dMlp * PUBLISHED[size].dModel;
    expect(two.bytesEach - held.bytesEach).toBeGreaterThan(0.48 * weightBytes - widened);
    expect(two.bytesEach - held.bytesEach).toBeLessThan(0.5 * weightBytes - widened);
  });
});

test("where it fits held as stored, the refusal says so, and it is not refused", async () => {
  const checkpoint = await opened("1B");
  const { peakBytes } = loadEstimate(checkpoint, "stored");
  process.env["CODILENS_MEMORY_LIMIT_MB"] = String(Math.ceil(peakBytes / 2 ** 20));
  const hint = `hold the weights as they are stored with --hold stored (about ${(peakBytes / 2 ** 20).toFixed(1)} MiB, slower)`;
  expect(() => checkMemory(checkpoint, {})).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint) }));
  expect(() => checkMemory(checkpoint, { hold: "stored" })).not.toThrow();
});
