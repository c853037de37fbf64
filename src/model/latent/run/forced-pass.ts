/** EOT and given answer tokens in one forward, so that each row says where it would have gone on otherwise. */

import type { KvCache } from "../../decoder/kv-cache.js";
import type { Position, Step } from "../../hooks/step.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { Part } from "../plan/part.js";
import { givenPass, groupsAfter } from "../plan/passes.js";
import type { Group, TreeLevel } from "../plan/row-tree.js";
import { laterStep } from "../plan/steps.js";
import { ascentOf, forwardOnce, type LoopRun } from "./loop.js";

/** One prediction of a forced pass. */
export interface ForcedCell {
  readonly place: number;
  /** Number of the answer token that is predicted. */
  readonly index: number;
  /** Column among the pass's states. */
  readonly cell: number;
}

/** What a forced pass gave; owns its tensors. */
export interface ForcedPass {
  readonly groups: readonly Group[];
  readonly cells: readonly ForcedCell[];
  readonly step: Step;
  readonly hidden: Tensor2D;
  readonly cache: KvCache;
  dispose(): void;
}

/** The tokens that a row is given after EOT. */
export type TokensOf = (id: number) => readonly number[];

/** EOT and then some tokens in one forward; the last token is only predicted. Synchronous. Consumes the cache. @param counts false for a pass beside the sequence. */
export function forcedPass(
  run: LoopRun,
  cache: KvCache,
  {
    part,
    tokensOf,
    counts,
  }: { readonly part: Pick<Part, "groups">; readonly tokensOf: TokensOf; readonly counts: boolean },
): ForcedPass {
  const { eotTokens } = run.model;
  const pass = givenPass(run.plan, part, (id) => tokensOf(id).length);
  const eot = Array.from({ length: eotTokens }, (_, index): Position => ({ part: "eot", index }));
  const fedOf = (id: number): readonly number[] => tokensOf(id).slice(0, -1);
  const ascent = ascentOf(pass, (groups) =>
    laterStep(run.frame, groups, {
      label: "eot",
      fed: groups.map(({ lead }) => [...eot, ...fedOf(lead).map((_, index): Position => ({ part: "answer", index }))]),
      counts,
    }),
  );
  const { rowIds, columns } = ascent.step;
  const ids = rowIds.flatMap((id) => {
    const own = [...(run.plan.rows[id]?.eotIds ?? run.model.eotIds), ...fedOf(id)];
    return Array.from({ length: columns }, (_, column) => own[Math.min(column, own.length - 1)] ?? 0);
  });
  const first = cache.select((pass.levels[0] as TreeLevel).order);
  cache.dispose();
  try {
    const { hidden, cache: grown } = forwardOnce(run, run.model.decoder.embed(ids), { cache: first, ascent });
    const groups = groupsAfter(pass);
    const cells = groups.flatMap(({ lead }, place) =>
      Array.from({ length: Math.max(1, tokensOf(lead).length) }, (_, index) => ({
        place,
        index,
        cell: place * columns + eotTokens - 1 + index,
      })),
    );
    const dispose = (): void => {
      hidden.dispose();
      grown.dispose();
    };
    return { groups, cells, step: ascent.last, hidden, cache: grown, dispose };
  } finally {
    first.dispose();
  }
}
