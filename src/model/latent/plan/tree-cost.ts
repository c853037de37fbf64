/** What a batch's tree costs, before anything is computed. */

import { ENTRY, levelShare } from "../../decoder/heights.js";
import type { Group, TreeLevel } from "./row-tree.js";
import { isDecodedFirst, type PlannedRows } from "./rows.js";

/** Work of one batch, in token positions that go through all blocks. */
export interface TreeCost {
  /** Different states that are computed: groups of rows, counted where they begin. */
  readonly nodes: number;
  /** A row that joins half-way up counts half; every answer is taken to agree with the clean one. */
  readonly tokenForwards: number;
  /** The same without sharing: every row from its first token on. */
  readonly apart: number;
  /** Rows of the prompt, of each latent, and of the answer. */
  readonly rows: readonly number[];
  /** Forwards one after the other: cells, and the share of all blocks that they go through. */
  readonly forwards: readonly { readonly cells: number; readonly share: number }[];
  /** States whose logits are read at once, reading by reading: the clean rows' at BOT and each latent, then the answers'. */
  readonly heads: readonly number[];
}

/** @param answerTokens how long an answer is taken to be. */
export function treeCost(
  plan: PlannedRows,
  { eotTokens, answerTokens }: { readonly eotTokens: number; readonly answerTokens: number },
): TreeCost {
  const { rows, tree } = plan;
  const { layers, latents } = tree.shape;
  const prompt = (id: number): number => rows[id]?.promptIds.length ?? 0;
  const tail = eotTokens + answerTokens - 1;
  const rowsAt: number[] = [];
  const forwards: { cells: number; share: number }[] = [];
  const heads: number[] = [];
  let nodes = 0;
  let tokenForwards = 0;
  const add = (levels: readonly TreeLevel[], cellsOf: (id: number) => number): readonly Group[] => {
    let before = 0;
    for (const [place, { height, groups }] of levels.entries()) {
      nodes += groups.length - before;
      before = groups.length;
      const cells = groups.reduce((sum, [id = -1]) => sum + cellsOf(id), 0);
      const share = levelShare(height, levels[place + 1]?.height ?? null, layers);
      tokenForwards += cells * share;
      forwards.push({ cells, share });
    }
    rowsAt.push(before);
    return levels.at(-1)?.groups ?? [];
  };
  let groups: readonly Group[] = tree.roots;
  const questions = tree.roots.length;
  for (let stage = 0; stage <= latents; stage++) {
    groups = add(tree.levels(stage, groups), stage === 0 ? prompt : () => 1);
    heads.push(questions);
  }
  // The clean rows are decoded on their own, the others verified together.
  const part = (wanted: boolean): Group[] =>
    groups
      .map((group) => group.filter((id) => isDecodedFirst(plan, group, id) === wanted))
      .filter(({ length }) => length > 0);
  const leaders = part(true);
  add([{ height: ENTRY, groups: leaders, order: [] }], () => tail);
  forwards.pop();
  forwards.push(
    ...Array.from({ length: answerTokens }, (_, t) => ({
      cells: t === 0 ? leaders.length * eotTokens : leaders.length,
      share: 1,
    })),
  );
  heads.push(...Array.from({ length: answerTokens }, () => leaders.length));
  const followers = add(tree.levels(tree.answerStage, part(false)), () => tail);
  heads.push(followers.length * answerTokens);
  return {
    nodes,
    tokenForwards,
    apart: rows.reduce((sum, _, id) => sum + prompt(id) + latents + tail, 0),
    rows: [...rowsAt.slice(0, latents + 1), (rowsAt[latents + 1] ?? 0) + (rowsAt[latents + 2] ?? 0)],
    forwards,
    heads,
  };
}
