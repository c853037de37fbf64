/** What there is to say of how questions were asked and answers read. */

import { knownProtocol } from "../model/latent/protocols/index.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";
import type { OkRecord } from "../records/record.js";

/** @param records completed runs; older ones say nothing of it. */
export function readingNotices(records: readonly OkRecord[]): string[] {
  return [...askedNotice(records), ...carefulNotice(records), ...cutNotice(records)];
}

function askedNotice(records: readonly OkRecord[]): string[] {
  const baselines = records.filter(({ study }) => study === "baseline");
  const changed = baselines.filter(({ problem }) => problem.asked !== undefined).length;
  return changed === 0
    ? []
    : [`${changed} of ${baselines.length} questions were asked ${preparedBy(baselines[0]?.protocol)}`];
}

function preparedBy(protocol: AnyProtocol | undefined): string {
  return protocol === undefined
    ? ""
    : (knownProtocol(protocol)?.prepared ?? `as the protocol "${protocol}" prepares them`);
}

function carefulNotice(records: readonly OkRecord[]): string[] {
  const both = records.flatMap(({ answer }) =>
    answer.careful === undefined ? [] : [{ answer, careful: answer.careful }],
  );
  if (both.length === 0) return [];
  const read = both.filter(({ answer, careful }) => answer.predicted !== careful.predicted).length;
  const judged = both.filter(({ answer, careful }) => answer.correct !== careful.correct).length;
  return [
    read === 0 && judged === 0
      ? `The protocol's rule and the careful one read the same of all ${both.length} answers`
      : `Of ${both.length} answers the careful rule reads another answer than the protocol's in ${read}, and comes to another verdict in ${judged}; the report counts by the protocol's, and records.jsonl holds both`,
  ];
}

function cutNotice(records: readonly OkRecord[]): string[] {
  const cut = records.filter(({ answer }) => answer.finish === "limit").length;
  return cut === 0 ? [] : [`${cut} of ${records.length} answers were cut at the most tokens that an answer may have`];
}
