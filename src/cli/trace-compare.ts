/** What `trace --compare-clean` and `--expected` print: the run beside the one without interventions. */

import { escapeUnprintable } from "../base/errors.js";
import { type Expected, textOf } from "../model/latent/answer/kind.js";
import type { CodiModel } from "../model/latent/codi-model.js";
import type { RunOptions, RunResult } from "../model/latent/run-types.js";

/** The run, and beside it the one without interventions where that was asked for. */
export interface Compared {
  readonly result: RunResult;
  readonly clean: RunResult | null;
  /** The answer that is scored: the expected one, else the clean run's own; null where there is none. */
  readonly scored: Expected | null;
}

/** What is asked for. */
interface Asked {
  readonly options: Omit<RunOptions, "expected">;
  readonly expected: Expected | undefined;
  readonly compareClean: boolean;
}

/** Runs a question, and the same without interventions where that is asked for. @throws NumericError when numbers stop being finite. */
export async function runCompared(
  model: CodiModel,
  question: string,
  { options, expected, compareClean }: Asked,
): Promise<Compared> {
  const scoreOf = (answer: Expected | null): Pick<RunOptions, "expected"> =>
    answer === null ? {} : { expected: answer };
  if (!compareClean) {
    const scored = expected ?? null;
    return { result: await model.run(question, { ...options, ...scoreOf(scored) }), clean: null, scored };
  }
  const { interventions: _, capture: __, ...plain } = options;
  const scored = expected ?? (await model.run(question, plain)).answer.value;
  const clean = await model.run(question, { ...plain, ...scoreOf(scored) });
  return { result: await model.run(question, { ...options, ...scoreOf(scored) }), clean, scored };
}

/** The comparison in lines. */
export function comparedLines({ result, clean, scored }: Compared): string[] {
  if (scored === null && clean === null) return [];
  const answer = clean === null ? [] : [`  clean answer: ${escapeUnprintable(clean.answer.text)}`];
  if (scored === null)
    return ["compared with the clean run:", ...answer, "  no number was read of it, so nothing is scored"];
  const name = `log-probability of ${textOf(scored)}`;
  if (clean === null) return [`${name}: ${number(result.logProb)}`];
  return [
    "compared with the clean run:",
    ...answer,
    `  ${name}: ${number(result.logProb)}, clean ${number(clean.logProb)}, difference ${number(difference(result, clean))}`,
    `  KL from the clean run where the number begins: ${number(result.kl)}`,
  ];
}

/** The comparison as JSON; numbers are in nats. */
export function comparedJson({ result, clean, scored }: Compared): object {
  if (scored === null && clean === null) return {};
  return {
    scored,
    correct: result.correct,
    logProb: result.logProb,
    ...(clean === null
      ? {}
      : {
          clean: { answer: clean.answer.text, value: clean.answer.value, logProb: clean.logProb },
          difference: difference(result, clean),
          kl: result.kl,
        }),
  };
}

function difference(result: RunResult, clean: RunResult): number | null {
  return result.logProb === null || clean.logProb === null ? null : result.logProb - clean.logProb;
}

function number(value: number | null): string {
  return value === null ? "not defined" : value.toFixed(3);
}
