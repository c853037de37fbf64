/** The part of `npm run parity` that runs experiments: the records of each engine beside the native engine's. */

import { join } from "node:path";
import { runHere } from "../../src/experiments/work/run-here.js";
import { ENGINE_NAMES, type EngineName } from "../../src/model/tensor/engine-names.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";
import { type RecordDifferences, recordDifferences, recordsOf } from "../support/close-records.js";
import { modelFolder } from "../support/parity.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

/** Floats of two engines' records differ by at most this share of the value, or by this where it is below 1. */
export const RECORD_TOLERANCE = 1e-4;

const FIXTURE = "single-kv-lora";

const RUNS = {
  [`every study on 2 problems, ${FIXTURE}`]: {
    problems: 2,
    more: { model: modelFolder(FIXTURE), layers: [1], ablateLayer: 1, maxNewTokens: 3, studies: STUDY_NAMES },
  },
  "the default studies on 4 problems, tiny-codi": { problems: 4, more: { layers: [4, 8, 14] } },
} as const;

const folderOf = (home: string, engine: EngineName, place: number): string => join(home, `${engine}-${place}`);

/** In the child: all runs on one engine. */
export async function computeRuns(engine: EngineName, home: string): Promise<void> {
  for (const [place, { problems, more }] of Object.values(RUNS).entries())
    await runHere(tinyExperiment(folderOf(home, engine, place), problems, { ...more, engine }), {
      signal: new AbortController().signal,
      notice: (text) => void process.stderr.write(`${text}\n`),
      progress: () => undefined,
    });
}

/** One engine's records of one run beside the native engine's. */
export interface RunBeside extends RecordDifferences {
  readonly engine: EngineName;
  readonly run: string;
}

/** In the parent, when every engine has computed. */
export function besideNative(home: string): RunBeside[] {
  return Object.keys(RUNS).flatMap((run, place) => {
    const native = recordsOf(folderOf(home, "native", place));
    return ENGINE_NAMES.filter((name) => name !== "native").map((engine) => ({
      ...{ engine, run },
      ...recordDifferences(native, recordsOf(folderOf(home, engine, place))),
    }));
  });
}

/** Whether the records are the native engine's within the tolerance. */
export function isClose({ unequal, largest }: RunBeside): boolean {
  return unequal.length === 0 && largest <= RECORD_TOLERANCE;
}

/** The section of the page. */
export function recordsSection(all: readonly RunBeside[]): string[] {
  return [
    "### Records",
    "",
    `The same runs on each engine, record by record beside the native engine's. Tokens, verdicts, words of the lens and whatever else is chosen or counted must be equal. Floats may differ by ${RECORD_TOLERANCE} of the value, or by ${RECORD_TOLERANCE} where it is below 1.`,
    "",
    "| engine | run | records | chosen or counted otherwise | floats | largest difference | in |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...all.map(
      ({ engine, run, records, unequal, floats, largest, field }) =>
        `| \`${engine}\` | ${run} | ${records} | ${unequal.length} | ${floats} | ${largest.toExponential(1)} | ${field === "" ? "" : `\`${field}\``} |`,
    ),
    "",
  ];
}
