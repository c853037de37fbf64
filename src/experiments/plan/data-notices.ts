/** What is said of a run's data before anything is computed: how the file was read, what was left out, where there was too little. */

import { protocolOf } from "../../model/latent/protocols/index.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import { specialTexts } from "../../model/tokenizer/special-texts.js";
import type { Problem, ProblemSet, Reading } from "../problems/problem.js";
import { type Sample, shortfallNotice } from "./sampling.js";

/** The run's data; a `Setup` has it. */
export interface DataSetup {
  readonly options: { readonly data: string; readonly problems?: number };
  readonly protocol: AnyProtocol;
  readonly set: ProblemSet;
  readonly sample: Sample;
  readonly checkpoint: { readonly tokenizerJson: unknown };
}

/** @returns a sentence each; none for a plain file of GSM8K's form with enough problems. */
export function dataNotices({ options, protocol, set, sample, checkpoint }: DataSetup): string[] {
  const { reading, skipped, problems } = set;
  const usual = reading.form === "GSM8K" && ["JSONL", "JSON array"].includes(reading.kind);
  const shortfall = shortfallNotice(sample, { total: options.problems, usable: problems.length });
  return [
    ...(usual ? [] : [`${options.data} is read as ${readingText(reading)}`]),
    ...(skipped.length === 0 ? [] : [`${skipped.length} bad rows of ${options.data} were skipped`]),
    ...unknownSteps(sample.problems),
    ...changedQuestions(sample.problems, protocol),
    ...quotedTokens(sample.problems, specialTexts(checkpoint.tokenizerJson)),
    ...(shortfall === null ? [] : [shortfall]),
  ];
}

/** `JSONL in the form of GSM8K-Aug: question from "question", answer from "answer", steps from "steps"`. */
export function readingText({ kind, form, question, answer, steps }: Reading): string {
  const from = question
    .split("+")
    .map((field) => `"${field}"`)
    .join(" and ");
  const last = steps === null ? "no marked steps" : `steps from "${steps}"`;
  return `${kind}, ${form === "fields as named" ? form : `in the form of ${form}`}: question from ${from}, answer from "${answer}", ${last}`;
}

function changedQuestions(problems: readonly Problem[], protocol: AnyProtocol): string[] {
  const { prepare, prepared } = protocolOf(protocol);
  const changed = problems.filter(({ question }) => prepare(question) !== question).length;
  return changed === 0 ? [] : [`${changed} of ${problems.length} questions are asked ${prepared}`];
}

// A question that quotes a control token steers the model; Python's tokenizers read it so too.
function quotedTokens(problems: readonly Problem[], special: readonly string[]): string[] {
  const quoting = problems.filter(({ question }) => special.some((token) => question.includes(token)));
  const first = special.find((token) => quoting.some(({ question }) => question.includes(token)));
  return first === undefined
    ? []
    : [
        `${quoting.length} of ${problems.length} questions hold the text of a special token, such as ${JSON.stringify(first)}: it is read as that token, as the reference does`,
      ];
}

function unknownSteps(problems: readonly Problem[]): string[] {
  const values = problems.flatMap(({ steps }) => steps ?? []);
  const unknown = values.filter((value) => value === null).length;
  return unknown === 0
    ? []
    : [
        `${unknown} of ${values.length} marked steps have no value that can be read exactly: they keep their places and count nowhere`,
      ];
}
