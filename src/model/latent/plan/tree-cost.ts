/** What a batch's passes cost, before anything is computed. */

import { levelShare } from "../../decoder/heights.js";
import type { StretchLimits } from "./forward-cost.js";
import { expectedPasses, type Feed, groupsAfter, type Pass } from "./passes.js";
import type { PlannedRows } from "./rows.js";

/** Work of one batch, in token positions that go through all blocks. */
export interface TreeCost {
  /** Different states that are computed: groups of rows, counted where they begin. */
  readonly nodes: number;
  /** A row that joins half-way up counts half. */
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

/** How answers are taken to be. */
export interface AnswerShape extends StretchLimits {
  readonly eotTokens: number;
  readonly answerTokens: number;
}

/** @returns the sum over all passes of a plan. */
export function treeCost(plan: PlannedRows, shape: AnswerShape): TreeCost {
  const passes = expectedPasses(plan, shape);
  const costs = passes.map((pass) => passCost(pass, plan, shape.eotTokens));
  const forwards = costs.flatMap((cost) => cost.forwards);
  const begun = passes.map(({ feed }) => feed.kind !== "decoded");
  const tail = shape.eotTokens + shape.answerTokens - 1;
  return {
    nodes: costs.reduce((sum, { nodes }, place) => sum + (begun[place] === true ? nodes : 0), 0),
    tokenForwards: forwards.reduce((sum, { cells, share }) => sum + cells * share, 0),
    apart: plan.rows.reduce((sum, { promptIds }) => sum + promptIds.length + plan.tree.shape.latents + tail, 0),
    rows: Array.from({ length: plan.tree.answerStage + 1 }, (_, stage) =>
      passes.reduce(
        (sum, pass, place) => sum + (pass.stage === stage && begun[place] === true ? groupsAfter(pass).length : 0),
        0,
      ),
    ),
    forwards,
    heads: costs.map(({ heads }) => heads),
  };
}

function passCost(
  pass: Pass,
  plan: PlannedRows,
  eotTokens: number,
): Pick<TreeCost, "nodes" | "forwards"> & { readonly heads: number } {
  const { layers } = plan.tree.shape;
  const forwards = pass.levels.map(({ height, groups }, place) => ({
    cells: groups.reduce((sum, { lead }) => sum + cellsOf(pass.feed, lead, eotTokens), 0),
    share: levelShare(height, pass.levels[place + 1]?.height ?? null, layers),
  }));
  // Rows only multiply on the way up.
  return { nodes: groupsAfter(pass).length, forwards, heads: headsOf(pass, plan) };
}

/** Cells that a row is fed, padding included. */
function cellsOf(feed: Feed, id: number, eotTokens: number): number {
  switch (feed.kind) {
    case "prompt":
      return feed.columns;
    case "given":
      return eotTokens + Math.max(1, feed.tokens(id)) - 1;
    default:
      return 1;
  }
}

/** Before the answer one state a question is read: the clean row's. */
function headsOf({ feed, levels }: Pass, { tree }: PlannedRows): number {
  if (feed.kind === "prompt") return groupsOf(levels);
  if (feed.kind === "latent") return tree.roots.length;
  const tokens = feed.kind === "given" ? feed.tokens : () => 1;
  return groupsAfter({ levels }).reduce((sum, { lead }) => sum + Math.max(1, tokens(lead)), 0);
}

/** Questions that a pass of prompts has. */
function groupsOf(levels: Pass["levels"]): number {
  return levels[0]?.groups.length ?? 0;
}
