import { defineConfig } from "vitest/config";
import { type Tier, testFiles } from "./scripts/tiers.mjs";

const files = testFiles();

/** One tier; `order` says which one runs first. */
const tier = (name: Tier, groupOrder: number) => ({
  extends: true as const,
  test: {
    name,
    include: files.filter((each) => each.tier === name).map(({ file }) => file),
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    setupFiles: ["test/support/no-leftovers.ts", "test/support/declared-programs.ts"],
    pool: "forks",
    // Many tests wait for processes: three keep two cores busy.
    maxWorkers: 3,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    typecheck: { enabled: false },
    projects: [tier("fast", 0), tier("full", 1)],
  },
});
