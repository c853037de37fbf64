/** `codilens studies`: which studies there are, each with the question that it asks. Needs no model. */

import { MAIN_STUDIES } from "../../studies/selection.js";
import { STORIES, STUDY_NAMES } from "../../studies/stories.js";
import type { StudyStory } from "../../studies/story.js";

/** Runs the command. */
export function studies({ json }: { readonly json: boolean }): void {
  const listed = [...STORIES.values()].map((story) => ({
    name: story.name,
    question: story.question,
    caveat: story.caveat ?? null,
    runs: runsOf(story),
  }));
  if (json) process.stdout.write(`${JSON.stringify({ schema: 1, status: "complete", studies: listed }, null, 2)}\n`);
  else {
    const longest = Math.max(...listed.map(({ name }) => name.length));
    const lines = listed.map(
      ({ name, question, runs }) =>
        `${name.padEnd(longest)}  ${question}${runs === "default" ? " (runs by default)" : ""}`,
    );
    process.stdout.write(`${[...lines, "", ...HOW].join("\n")}\n`);
  }
}

const HOW = [
  `run some: codilens experiment --study ${[...MAIN_STUDIES].join(",")}; all: --study all; your own: --study ./my-study.mjs`,
  "docs/studies.md says what each one does and how to read it",
];

/** When a study runs: only where it is named, or by default, as what cannot be named does. */
function runsOf({ name, runs }: StudyStory): "default" | "named" {
  return runs === undefined && STUDY_NAMES.includes(name) ? "named" : "default";
}
