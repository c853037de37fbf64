import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { isAlone, type Tier, testFiles } from "./scripts/tiers.mjs";
import { LONGEST } from "./test/support/longest.js";

const files = testFiles();

/** The longest files begin first, and those that share a process come last, one tier after the other. */
class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ project, moduleId }: TestSpecification): number[] => {
      const place = LONGEST.indexOf(relative(import.meta.dirname, moduleId).replaceAll("\\", "/"));
      const { isolate, sequence } = project.config;
      return [sequence.groupOrder, isolate ? 0 : 1, place < 0 ? LONGEST.length : place];
    };
    const sorted = (await super.sort(specifications)).map((each) => ({ each, place: placeOf(each) }));
    sorted.sort((a, b) => a.place.reduce((found, value, at) => found || value - (b.place[at] ?? 0), 0));
    return sorted.map(({ each }) => each);
  }
}

/** One tier's files that share processes, or those that have one each; `groupOrder` says which tier runs first. */
const project = (tier: Tier, groupOrder: number, isolate: boolean) => ({
  extends: true as const,
  test: {
    name: isolate ? `${tier}-alone` : tier,
    include: files.filter((each) => each.tier === tier && isAlone(each.needs) === isolate).map(({ file }) => file),
    isolate,
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    setupFiles: ["test/support/as-it-was.ts", "test/support/no-leftovers.ts", "test/support/declared-programs.ts"],
    // One after the other, so that what the first one registers runs last.
    sequence: { setupFiles: "list", sequencer: LongestFirst },
    pool: "forks",
    // Many tests wait for processes: three keep two cores busy.
    maxWorkers: 3,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    typecheck: { enabled: false },
    projects: [
      project("fast", 0, false),
      project("fast", 0, true),
      project("full", 1, false),
      project("full", 1, true),
    ],
  },
});
