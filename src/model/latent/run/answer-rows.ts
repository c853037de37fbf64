/** Rows whose answers grow together: one cache, and which of its last keys are each row's own tokens. */

import { Ascent } from "../../decoder/ascent.js";
import { KvCache } from "../../decoder/kv-cache.js";
import { identity } from "../../decoder/row-map.js";
import type { Position, Step } from "../../hooks/step.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { Group } from "../plan/row-tree.js";
import { type AnswerKeys, laterStep } from "../plan/steps.js";
import { forwardOnce, type LoopRun } from "./loop.js";

/** Some rows after EOT. Owns its cache. */
export interface AnswerRows extends AnswerKeys {
  readonly groups: readonly Group[];
  readonly cache: KvCache;
}

/** One prediction of a forward. */
export interface AnswerCell {
  readonly place: number;
  /** Number of the answer token that is predicted. */
  readonly index: number;
  /** Column among the forward's states. */
  readonly cell: number;
}

/** What a forward of answer tokens gave. */
export interface FedRows {
  readonly rows: AnswerRows;
  readonly step: Step;
  /** `[dModel, rows * columns]`, owned by the caller. */
  readonly hidden: Tensor2D;
  readonly cells: readonly AnswerCell[];
}

/**
 * Some of the rows, in a copy of their own.
 *
 * @param places ascending. @param most answer columns that are kept, from the first.
 */
export function someRows(
  { groups, cache, width, columns }: AnswerRows,
  places: readonly number[],
  most = width,
): AnswerRows {
  const kept = Math.min(width, most);
  const [prompt] = cache.views;
  const chosen = cache.select(places);
  const own = chosen.flatten(cache.length - (prompt?.segment.length ?? 0) - width + kept);
  chosen.dispose();
  return {
    groups: places.map((place) => groups[place] as Group),
    cache: own,
    width: kept,
    columns: places.map((place) => (columns[place] ?? []).filter((column) => column < kept)),
  };
}

/** The first rows, and the others; both in copies of their own. Frees what it is given unless all are among the first. */
export function splitRows(rows: AnswerRows, count: number): [AnswerRows, AnswerRows | null] {
  const places = identity(rows.groups.length);
  if (count >= places.length) return [rows, null];
  const parts: [AnswerRows, AnswerRows] = [someRows(rows, places.slice(0, count)), someRows(rows, places.slice(count))];
  rows.cache.dispose();
  return parts;
}

/** Frees the caches of rows that nobody goes on with. */
export function freeRows(parts: readonly AnswerRows[]): void {
  for (const { cache } of parts) cache.dispose();
}

/** Rows of several caches as rows of one. Frees those it is given. */
export function joinedRows(parts: readonly AnswerRows[]): AnswerRows {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const flat = parts.map(({ cache }) => cache.flatten());
  try {
    return {
      groups: parts.flatMap(({ groups }) => groups),
      cache: KvCache.joined(flat),
      width: Math.max(...parts.map(({ width }) => width)),
      columns: parts.flatMap(({ columns }) => columns),
    };
  } finally {
    for (const cache of [...flat, ...parts.map((part) => part.cache)]) cache.dispose();
  }
}

/** The rows as if only the first tokens of their answers had been fed. Frees what it is given. @param kept by place. */
export function keptRows({ groups, cache, width, columns }: AnswerRows, kept: readonly number[]): AnswerRows {
  const first = cache.length - width;
  const own = columns.map((each, place) => each.slice(0, kept[place]));
  const hidden = own.map((each) => {
    const seen = new Set(each);
    return identity(width).flatMap((column) => (seen.has(column) ? [] : [first + column]));
  });
  const shown = cache.hiding(hidden);
  cache.dispose();
  return { groups, cache: shown, width, columns: own };
}

/** How answer tokens are fed. */
export interface Feeding {
  /** By place: the tokens that come next; none for a row that only waits. */
  readonly tokens: readonly (readonly number[])[];
  readonly label: string;
  /** False for a pass beside the sequence. */
  readonly counts: boolean;
}

/** One forward of answer tokens. Frees the rows it is given. */
export function feed(run: LoopRun, before: AnswerRows, { tokens, label, counts }: Feeding): FedRows {
  const { groups, cache, width, columns } = before;
  try {
    const fed = tokens.map((own, place) =>
      own.map((_, i): Position => ({ part: "answer", index: (columns[place]?.length ?? 0) + i })),
    );
    const step = laterStep(run.frame, groups, { label, fed, counts, answerKeys: before });
    const ids = tokens.flatMap((own) =>
      Array.from({ length: step.columns }, (_, column) => own[Math.min(column, own.length - 1)] ?? 0),
    );
    const next = forwardOnce(run, run.model.decoder.embed(ids), { cache, ascent: Ascent.flat(step) });
    return {
      rows: {
        groups,
        cache: next.cache,
        width: width + step.columns,
        columns: columns.map((own, place) => [...own, ...(tokens[place] ?? []).map((_, column) => width + column)]),
      },
      step,
      hidden: next.hidden,
      cells: fed.flatMap((own, place) =>
        own.map(({ index }, column) => ({ place, index: index + 1, cell: place * step.columns + column })),
      ),
    };
  } finally {
    cache.dispose();
  }
}
