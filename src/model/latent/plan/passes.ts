/** The forwards of a run, planned: the run interprets them, an estimate folds them. */

import { ENTRY, levelShare } from "../../decoder/heights.js";
import { identity } from "../../decoder/row-map.js";
import { inStretches, type StretchLimits } from "./forward-cost.js";
import type { Part } from "./part.js";
import type { Group, RowTree, TreeLevel } from "./row-tree.js";
import type { PlannedRows } from "./rows.js";

/** What a pass feeds to each row. */
export type Feed =
  | {
      readonly kind: "prompt";
      /** Columns that an earlier pass was fed. */
      readonly from: number;
      readonly columns: number;
    }
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
 *
 * @param isCut whether a single question's prompt may be fed in two pieces, the first of them once for all rows.
 */
export function promptPasses(
  { tree }: Pick<PlannedRows, "tree">,
  limits: StretchLimits,
  { isCut = false }: { readonly isCut?: boolean } = {},
): Pass[] {
  const lengthOf = ({ lead }: Group): number => tree.rows[lead]?.promptIds.length ?? 0;
  const roots = [...tree.roots].sort((a, b) => lengthOf(a) - lengthOf(b) || a.lead - b.lead);
  const [only, ...others] = roots;
  if (isCut && only !== undefined && others.length === 0) return inPieces(tree, only, limits);
  return inStretches(roots, lengthOf, limits).map((groups) => ({
    stage: 0,
    levels: tree.levels(0, groups, { columns: lengthOf(groups.at(-1) as Group) }),
    feed: { kind: "prompt", from: 0, columns: lengthOf(groups.at(-1) as Group) },
  }));
}

/** One question's prompt: what no row changes by itself, where that saves more than a further forward takes. */
function inPieces(tree: RowTree, root: Group, { forwardCells }: StretchLimits): Pass[] {
  const length = tree.rows[root.lead]?.promptIds.length ?? 0;
  const shared = tree.sharedColumns(root);
  const levels = tree.levels(0, [root], { columns: length - shared });
  const rows = levels.reduce(
    (sum, { height, groups }, place) =>
      sum + groups.length * levelShare(height, levels[place + 1]?.height ?? null, tree.shape.layers),
    0,
  );
  const from = (rows - 1) * shared > forwardCells ? shared : 0;
  const columns = length - from;
  const rest: Pass = {
    stage: 0,
    levels: from === 0 ? tree.levels(0, [root], { columns }) : levels,
    feed: { kind: "prompt", from, columns },
  };
  if (from === 0) return [rest];
  const first: Pass = {
    stage: 0,
    levels: [{ height: ENTRY, groups: [root], order: identity(1) }],
    feed: { kind: "prompt", from: 0, columns: from },
  };
  return [first, rest];
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
  const columns = groups.reduce((most, { lead }) => Math.max(most, tokens(lead)), 1);
  return {
    stage: tree.answerStage,
    levels: tree.levels(tree.answerStage, groups, { columns }),
    feed: { kind: "given", tokens },
  };
}

/** One more token of rows that are being decoded. */
function decodedPass({ tree }: Pick<PlannedRows, "tree">, groups: readonly Group[]): Pass {
  const level = { height: ENTRY, groups, order: identity(groups.length) };
  return { stage: tree.answerStage, levels: [level], feed: { kind: "decoded" } };
}

/** All passes, as far as a plan can know them: every row decodes `answerTokens` tokens, side by side with the others. */
export function expectedPasses(
  plan: PlannedRows,
  { answerTokens, ...limits }: StretchLimits & { readonly answerTokens: number },
): Pass[] {
  const prompts = promptPasses(plan, limits);
  const asked = prompts.flatMap(groupsAfter);
  const latents = latentPasses(plan, asked);
  const last = latents.at(-1);
  const first = givenPass(plan, { groups: last === undefined ? asked : groupsAfter(last) }, () => 0);
  const decoded = Array.from({ length: answerTokens - 1 }, () => decodedPass(plan, groupsAfter(first)));
  return [...prompts, ...latents, first, ...decoded];
}
