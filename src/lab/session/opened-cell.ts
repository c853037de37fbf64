/** One block at one latent, opened: what the head says there, attention in and out, and what each component wrote. */

import { at, type LabelledTensor, type LatentModel, type RunResult } from "../../browser.js";
import { latentAttention } from "./attention.js";
import type { CleanRuns } from "./clean-runs.js";
import { statesOf, wordsOf } from "./read.js";
import type { CellView, ComponentView } from "./types.js";

/** Which cell, and what it is read of. */
export interface CellAsked {
  readonly question: string;
  readonly block: number;
  readonly latent: number;
  /** The question under edits, where it was run so. */
  readonly edited: RunResult | null;
}

/** @throws UsageError where the model has no such block or latent. */
export async function cellView(model: LatentModel, runs: CleanRuns, asked: CellAsked): Promise<CellView> {
  const { question, block, latent, edited } = asked;
  const { result } = await runs.of(question);
  const state = stateAt(result, asked);
  const [words = []] = await wordsOf(model, state.data);
  const [editedWords = null] = edited === null ? [] : await wordsOf(model, stateAt(edited, asked).data);
  const written = await runs.captured(question, [`blocks.${block}.attn.hook_result`, `blocks.${block}.hook_mlp_out`]);
  return {
    block,
    latent,
    words,
    editedWords,
    norm: state.norm("dModel").toNumber(),
    ...latentAttention(model, result, asked),
    ...(await componentsOf(model, { asked, result, written })),
  };
}

function stateAt(run: RunResult, { block, latent }: CellAsked): LabelledTensor<readonly ["dModel"]> {
  return statesOf(run).at("layer", block).at("position", `latent.${latent}`);
}

interface Written {
  readonly asked: CellAsked;
  readonly result: RunResult;
  /** Has what the block's heads and MLP wrote. */
  readonly written: RunResult;
}

async function componentsOf(
  model: LatentModel,
  { asked: { block, latent }, result, written }: Written,
): Promise<Pick<CellView, "components" | "word">> {
  const position = `latent.${latent}`;
  const id = result.lens.find((each) => each.at === position)?.top[0]?.id ?? 0;
  const next = result.components?.embed.get(`latent.${latent + 1}`) ?? null;
  const square = next?.reduce((sum, x) => sum + x * x, 0) ?? 0;
  const [toWord, toNext] = await model.attribute(result, [
    { kind: "logit", position, token: id },
    ...(next === null ? [] : [{ kind: "input" as const, latent: latent + 1, along: next.map((x) => x / square) }]),
  ]);
  const heads = written.captures.at(`blocks.${block}.attn.hook_result`, at.latent(latent)).norm("dModel");
  const mlp = written.captures.at(`blocks.${block}.hook_mlp_out`, at.latent(latent)).norm("dModel");
  const parts = Array.from(
    heads.data,
    (norm, head): ComponentView => ({
      kind: "head",
      head,
      norm,
      toWord: toWord?.heads[block]?.[head] ?? 0,
      toNext: toNext === undefined ? null : (toNext.heads[block]?.[head] ?? 0),
    }),
  );
  const last: ComponentView = {
    kind: "mlp",
    head: null,
    norm: mlp.toNumber(),
    toWord: toWord?.mlp[block] ?? 0,
    toNext: toNext === undefined ? null : (toNext.mlp[block] ?? 0),
  };
  return {
    components: [...parts, last],
    word: { id, text: model.tokenizer.tokenText(id), logit: toWord?.whole ?? 0 },
  };
}
