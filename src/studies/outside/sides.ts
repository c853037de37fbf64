/** Which programs that were named belong to which study of a run that is analysed, and what has to be said of it. */

import { UsageError } from "../../base/errors.js";
import type { OutsideStory, StudyStory } from "../story.js";
import { loadFinding, type OutsideFinding } from "./finding-file.js";
import { openProgram, type StudyProgram } from "./program.js";

type KnownStory = StudyStory & OutsideStory;

/** Analysis sides of studies from outside the package, by name. */
export type OutsideSides = ReadonlyMap<string, OutsideFinding>;

/** What was found on the disk for the studies of a run. */
export interface OutsideAnalysis {
  readonly sides: OutsideSides;
  /** For the report and the terminal. */
  readonly notices: readonly string[];
}

/**
 * @param paths of studies' programs, as given to `--study`. @param stories of the run's manifest.
 * @throws UsageError for a program that the run has no study of; BadInputError where one does not load.
 */
export async function outsideAnalysis(
  paths: readonly string[],
  stories: readonly KnownStory[],
): Promise<OutsideAnalysis> {
  const sides = new Map<string, OutsideFinding>();
  const notices: string[] = [];
  const seen = new Set<string>();
  for (const path of new Set(paths)) {
    const program = openProgram(path);
    const story = storyOf(program, stories);
    seen.add(story.name);
    if (story.sha256 !== program.sha256)
      notices.push(
        `${program.name} has changed since the run: what it shows of ${story.name} may not fit what was recorded`,
      );
    const side = await loadFinding(program);
    if (side !== null) sides.set(story.name, side);
  }
  for (const { name, file = name, hasFinding } of stories)
    if (hasFinding === true && !seen.has(name))
      notices.push(
        `${name} has figures and tables of its own: analyze this folder with --study PATH, the path of ${file}`,
      );
  return { sides, notices };
}

/** The study of the same content, else the one of the same name on the disk. */
function storyOf({ path, name, sha256 }: StudyProgram, stories: readonly KnownStory[]): KnownStory {
  const found = stories.find((story) => story.sha256 === sha256) ?? stories.find((story) => story.file === name);
  if (found !== undefined) return found;
  const known = stories.flatMap(({ file }) => file ?? []).join(", ");
  throw new UsageError(
    `The run has no study from ${JSON.stringify(path)}; ${known === "" ? "it has none from outside the package" : `it has ${known}`}`,
    "leave --study out, or give the path of a study that was run",
  );
}
