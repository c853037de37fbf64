/** The forwards of a run, planned: the run interprets them, an estimate folds them. */

import { ENTRY } from "../../decoder/heights.js";
import { identity } from "../../decoder/row-map.js";
import type { Part } from "./part.js";
import type { Group, TreeLevel } from "./row-tree.js";
import type { PlannedRows } from "./rows.js";

/** What a pass feeds to each row. */
export type Feed =
  | { readonly kind: "prompt" }
  | { readonly kind: "latent"; readonly latent: number }
  /** EOT, then answer tokens that are given; the last of them is only predicted. */
  | { readonly kind: "given"; readonly tokens: (id: number) => number }
  /** The answer token that was decoded last. */
  | { readonly kind: "decoded" };

/** One forward, planned. */
export interface Pass {
  /** Of the tree: 0 is the prompt, k + 1 is latent k, then EOT and the answer. */
  readonly stage: number;
  /** How the rows of the pass before part in this one, lowest first. */
  readonly levels: readonly TreeLevel[];
  readonly feed: Feed;
}

/** The rows that come out of a pass. */
export function groupsAfter({ levels }: Pick<Pass, "levels">): readonly Group[] {
  return levels.at(-1)?.groups ?? [];
}

/** Prompt and latents: known before anything is computed. */
export function loopPasses({ tree }: Pick<PlannedRows, "tree">): Pass[] {
  const passes: Pass[] = [];
  let groups: readonly Group[] = tree.roots;
  for (let stage = 0; stage < tree.answerStage; stage++) {
    const levels = tree.levels(stage, groups);
    passes.push({ stage, levels, feed: stage === 0 ? { kind: "prompt" } : { kind: "latent", latent: stage - 1 } });
    groups = groupsAfter({ levels });
  }
  return passes;
}

/** EOT and given answer tokens for some rows of the state after the latents. */
export function givenPass(
  { tree }: Pick<PlannedRows, "tree">,
  { groups }: Pick<Part, "groups">,
  tokens: (id: number) => number,
): Pass {
  return { stage: tree.answerStage, levels: tree.levels(tree.answerStage, groups), feed: { kind: "given", tokens } };
}

/** One more token of rows that are being decoded. */
function decodedPass({ tree }: Pick<PlannedRows, "tree">, groups: readonly Group[]): Pass {
  const level = { height: ENTRY, groups, order: identity(groups.length) };
  return { stage: tree.answerStage, levels: [level], feed: { kind: "decoded" } };
}

/** All passes, as far as a plan can know them: every row decodes `answerTokens` tokens, side by side with the others. */
export function expectedPasses(plan: PlannedRows, answerTokens: number): Pass[] {
  const loop = loopPasses(plan);
  const last = loop.at(-1);
  const first = givenPass(plan, { groups: last === undefined ? plan.tree.roots : groupsAfter(last) }, () => 0);
  const decoded = Array.from({ length: answerTokens - 1 }, () => decodedPass(plan, groupsAfter(first)));
  return [...loop, first, ...decoded];
}
