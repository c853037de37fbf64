/** Runs that `patch(name)` and `swap(basis,name)` of `trace` read: `--source QUESTION` is answered first, with their sites kept. */

import { UsageError } from "../base/errors.js";
import type { Intervention } from "../model/hooks/interventions.js";
import type { CodiModel } from "../model/latent/codi-model.js";
import type { RunResult } from "../model/latent/run-types.js";
import type { SparseAutoencoder } from "../model/latent/sae/sparse-autoencoder.js";

/** Question of each run by its name. */
export type SourceQuestions = Readonly<Record<string, string>>;

/**
 * Which question stands for which name.
 *
 * @param given `QUESTION` for the one name that is used, or `NAME=QUESTION`.
 * @throws UsageError for a name without a question, and a question without a name.
 */
export function sourceQuestions(given: readonly string[], interventions: readonly Intervention[]): SourceQuestions {
  const names = [...new Set(interventions.flatMap((each) => sourceName(each) ?? []))];
  const questions: Record<string, string> = {};
  for (const text of given) {
    const [, named, question = ""] = /^([\w-]+)=(.+)$/s.exec(text) ?? [];
    if (named !== undefined && names.includes(named)) put(questions, { name: named, question });
    else if (names.length === 1 && names[0] !== undefined) put(questions, { name: names[0], question: text });
    else if (names.length === 0)
      throw new UsageError(
        "--source is given, and no intervention reads a run",
        "add one, such as --intervene 'patch(run):…'",
      );
    else
      throw new UsageError(
        `--source "${text}" names none of the runs ${names.join(", ")}`,
        `write --source "${names[0]}=QUESTION"`,
      );
  }
  const missing = names.find((name) => !Object.hasOwn(questions, name));
  if (missing !== undefined)
    throw new UsageError(`No question was given for the run "${missing}"`, 'add --source "QUESTION"');
  return questions;
}

/** Answers each question with the sites kept that are read of it. @returns one run a name. */
export async function runSources(
  model: CodiModel,
  questions: SourceQuestions,
  {
    interventions,
    maxNewTokens,
    saes,
  }: {
    readonly interventions: readonly Intervention[];
    readonly maxNewTokens?: number | undefined;
    readonly saes: readonly SparseAutoencoder[];
  },
): Promise<Record<string, readonly RunResult[]>> {
  const runs: Record<string, readonly RunResult[]> = {};
  for (const [name, question] of Object.entries(questions)) {
    const capture = interventions.flatMap((each) => (sourceName(each) === name ? [each.site] : []));
    runs[name] = [
      await model.run(question, { capture, saes, ...(maxNewTokens === undefined ? {} : { maxNewTokens }) }),
    ];
  }
  return runs;
}

function put(
  questions: Record<string, string>,
  { name, question }: { readonly name: string; readonly question: string },
): void {
  if (Object.hasOwn(questions, name))
    throw new UsageError(`Two questions were given for the run "${name}"`, "give one --source for each run");
  questions[name] = question;
}

function sourceName({ operation }: Intervention): string | null {
  return operation.kind === "patch" || operation.kind === "swap" ? operation.from : null;
}
