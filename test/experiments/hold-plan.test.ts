/** What a run whose weights are held as they are stored is said to take, and what its processes are started with. */
// @needs engine

import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { planOf } from "../../src/experiments/plan/plan.js";
import { prepare } from "../../src/experiments/plan/prepare.js";
import { runApart } from "../../src/experiments/work/run-apart.js";
import type { Hold } from "../../src/model/tensor/hold-names.js";
import { twoProblems } from "../support/data-file.js";
import { modelFolder } from "../support/parity.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const started = vi.hoisted(() => [] as (NodeJS.ProcessEnv | undefined)[]);
vi.mock("node:child_process", async (original) => ({
  ...(await original<typeof import("node:child_process")>()),
  fork: (_: string, options: { readonly env?: NodeJS.ProcessEnv }) => {
    started.push(options.env);
    throw new Error("enough was seen");
  },
}));
beforeEach(() => void started.splice(0));

function asked(hold: Hold | undefined): Parameters<typeof prepare>[0] {
  const options = { model: modelFolder("grouped-llama3"), data: twoProblems(), layers: [1], ablateLayer: 1 };
  const out = join(temporaryFolder("codilens-hold-plan-"), "run");
  return tinyExperiment(out, 2, { ...options, dryRun: true, ...(hold === undefined ? {} : { hold }) });
}

test("the plan counts 16 bits a weight, and the largest matrix once more in float32", async () => {
  const engine = { name: "native", version: "0", device: "cpu", route: "none" } as const;
  const planned = async (hold: Hold): Promise<number> =>
    planOf(await prepare(asked(hold), { startEngine: async () => engine })).memoryBytes;
  const [plain, held] = [await planned("float32"), await planned("stored")];
  // Its config.json: 3 blocks of width 32, 4 heads and 2 of keys of width 8, 48 in the MLP, 80 tokens, to which CODI adds three.
  const block = 2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32;
  const table = 83 * 32;
  // A block keeps gate and up as one matrix, and that is more than the table.
  const largest = 2 * 48 * 32;
  expect(plain - held).toBe(2 * (3 * block + table) - 4 * largest);
});

test.each([
  ["stored", { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: "1099511627776" }],
  [undefined, { MALLOC_MMAP_MAX_: undefined, MALLOC_TRIM_THRESHOLD_: undefined }],
] as const)(
  "a process that computes with weights held in %s is started with what that needs of the C library",
  async (hold, wanted) => {
    const hooks = { signal: new AbortController().signal, notice: () => undefined, progress: () => undefined };
    await expect(runApart(asked(hold), hooks)).rejects.toThrow(/enough was seen/);
    expect(started).toHaveLength(1);
    const { MALLOC_MMAP_MAX_, MALLOC_TRIM_THRESHOLD_ } = started[0] ?? {};
    expect({ MALLOC_MMAP_MAX_, MALLOC_TRIM_THRESHOLD_ }).toEqual(wanted);
  },
);
