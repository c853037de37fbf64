/** What is teacher-forced after EOT: the baseline's answer (or one that is given) up to its number, then the expected number. */

import { UsageError } from "../../../base/errors.js";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import { type Expected, kindOf, type ParsedAnswer, textOf } from "../answer/kind.js";
import type { Protocol } from "../protocols/protocol.js";
import type { Batch, Contrast } from "../run-types.js";
import type { ScoreTarget, TargetOf } from "./scorer.js";

/**
 * All rows of a question share the text, so that their scores are comparable.
 *
 * @returns null when neither expected numbers nor contrasts were given.
 */
export function scoreTargets(tokenizer: Tokenizer, protocol: Protocol, batch: Batch): TargetOf | null {
  const { expected, contrasts, scoredAfter } = batch.options;
  if (contrasts !== undefined) return contrastTargets(contrasts, batch);
  if (expected === undefined) return null;
  if (expected.length !== batch.questions.length)
    throw new UsageError(
      `Scores need one expected answer a question, found ${expected.length} for ${batch.questions.length} questions`,
      "give as many as there are questions",
    );
  const read = (text: string, wanted: Expected): ParsedAnswer =>
    protocol.readAnswer(text, { kind: kindOf(wanted), cleanUp: tokenizer.cleansUp });
  return (question, cleanIds) =>
    targetFor(
      { tokenizer, read, announced: protocol.announced },
      scoredAfter?.[question] ?? cleanIds,
      expected[question] ?? 0,
    );
}

function contrastTargets(contrasts: readonly Contrast[], { questions }: Batch): TargetOf {
  if (contrasts.length !== questions.length || contrasts.some(({ tokens }) => tokens.length === 0))
    throw new UsageError(
      `Contrasts need at least one token and one contrast a question, found ${contrasts.length} for ${questions.length} questions`,
      "give one a question, each with the answer tokens that it is of",
    );
  return (question) => {
    const { tokens, other } = contrasts[question] as Contrast;
    return { ids: tokens, from: tokens.length - 1, other };
  };
}

interface Reader {
  readonly tokenizer: Tokenizer;
  readonly read: (text: string, wanted: Expected) => ParsedAnswer;
  /** Used where the baseline's own answer holds none. */
  readonly announced: string;
}

function targetFor(
  { tokenizer, read, announced }: Reader,
  cleanIds: readonly number[],
  expected: Expected,
): ScoreTarget {
  const baselineText = tokenizer.decode(cleanIds, { skipSpecial: true });
  const parsed = read(baselineText, expected);
  const own = parsed.kind === "none" ? announced : baselineText.slice(0, parsed.start);
  const ownIds = tokenizer.encode(own);
  // What no tokenizer writes so (a random model's tokens) is encoded into many more than were decoded, and says nothing.
  const prefix = parsed.kind !== "none" && ownIds.length > cleanIds.length ? announced : own;
  const prefixIds = prefix === own ? ownIds : tokenizer.encode(prefix);
  const ids = tokenizer.encode(prefix + textOf(expected));
  // The number may share its first token with the text before it (a leading blank): then that token counts as the number's.
  let from = 0;
  while (from < prefixIds.length && from < ids.length - 1 && ids[from] === prefixIds[from]) from += 1;
  return { ids, from };
}
