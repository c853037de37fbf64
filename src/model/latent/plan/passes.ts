/** The forwards of a run, planned: the run interprets them, an estimate folds them. */

import { ENTRY } from "../../decoder/heights.js";
import { identity } from "../../decoder/row-map.js";
import { inStretches, type StretchLimits } from "./forward-cost.js";
import type { Part } from "./part.js";
import type { Group, TreeLevel } from "./row-tree.js";
import type { PlannedRows } from "./rows.js";

/** What a pass feeds to each row. */
export type Feed =
  | { readonly kind: "prompt"; readonly columns: number }
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

/**
 * Prompts: questions of like length go together, so that little is padded and none passes that does not fit. What comes out of all of
 * them goes on together.
 */
export function promptPasses({ tree }: Pick<PlannedRows, "tree">, limits: StretchLimits): Pass[] {
  const lengthOf = ({ lead }: Group): number => tree.rows[lead]?.promptIds.length ?? 0;
  const roots = [...tree.roots].sort((a, b) => lengthOf(a) - lengthOf(b) || a.lead - b.lead);
  return inStretches(roots, lengthOf, limits).map((groups) => ({
    stage: 0,
    levels: tree.levels(0, groups),
    feed: { kind: "prompt", columns: lengthOf(groups.at(-1) as Group) },
  }));
}

/** The latents, one after the other. @param groups that come out of the prompts. */
export function latentPasses({ tree }: Pick<PlannedRows, "tree">, groups: readonly Group[]): Pass[] {
  const passes: Pass[] = [];
  let before = groups;
  for (let stage = 1; stage < tree.answerStage; stage++) {
    const levels = tree.levels(stage, before);
    passes.push({ stage, levels, feed: { kind: "latent", latent: stage - 1 } });
    before = groupsAfter({ levels });
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
export function expectedPasses(plan: PlannedRows, answerTokens: number, limits: StretchLimits): Pass[] {
  const prompts = promptPasses(plan, limits);
  const asked = prompts.flatMap(groupsAfter);
  const latents = latentPasses(plan, asked);
  const last = latents.at(-1);
  const first = givenPass(plan, { groups: last === undefined ? asked : groupsAfter(last) }, () => 0);
  const decoded = Array.from({ length: answerTokens - 1 }, () => decodedPass(plan, groupsAfter(first)));
  return [...prompts, ...latents, first, ...decoded];
}
