/** The part of `npm run parity` that runs experiments: the records of each engine beside the native engine's. */

import { join } from "node:path";
import { runHere } from "../../src/experiments/work/run-here.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { type RecordDifferences, recordDifferences, recordsOf } from "../support/close-records.js";
import { tinyExperiment } from "../support/tiny-experiment.js";
import { ALL_RUNS, type ComparedRun, enginesOf, SCOPES } from "./report-scope.js";

/** Floats of two engines' records differ by at most this share of the value, or by this where it is below 1. */
export const RECORD_TOLERANCE = 1e-4;

const folderOf = (home: string, engine: EngineName, run: ComparedRun): string =>
  join(home, `${engine}-${ALL_RUNS.indexOf(run)}`);

/** In the child: the engine's runs. @param say is told of each. */
export async function computeRuns(engine: EngineName, home: string, say: (text: string) => void): Promise<void> {
  for (const run of SCOPES[engine].runs) {
    const { name, problems, more } = run;
    const start = performance.now();
    const model = await run.model();
    await runHere(tinyExperiment(folderOf(home, engine, run), problems, { ...more, model, engine }), {
      signal: new AbortController().signal,
      notice: say,
      progress: () => undefined,
    });
    say(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
}

/** One engine's records of one run beside the native engine's. */
export interface RunBeside extends RecordDifferences {
  readonly engine: EngineName;
  readonly run: string;
}

/** In the parent, when every engine has computed. */
export function besideNative(home: string): RunBeside[] {
  return ALL_RUNS.flatMap((run) => {
    const native = recordsOf(folderOf(home, "native", run));
    return enginesOf(run).map((engine) => ({
      ...{ engine, run: run.name },
      ...recordDifferences(native, recordsOf(folderOf(home, engine, run))),
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
