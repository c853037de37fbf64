/** One block at one latent, opened: what the head says there, attention in and out, and what each component wrote. */

import {
  at,
  type Contributions,
  feedbackOf,
  type LabelledTensor,
  type LatentModel,
  type RunResult,
} from "../../browser.js";
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
  const written = await runs.captured(question, [
    `blocks.${block}.attn.hook_result`,
    `blocks.${block}.hook_attn_out`,
    `blocks.${block}.hook_mlp_out`,
    ...(model.config.family === "gpt2" ? (["hook_pos_embed"] as const) : []),
  ]);
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
  // Elsewhere the next latent's input is made from no state.
  const isFed = ["projection", "identity"].includes(feedbackOf(model));
  const next = isFed ? (result.components?.embed.get(`latent.${latent + 1}`) ?? null) : null;
  const square = next?.reduce((sum, x) => sum + x * x, 0) ?? 0;
  const [toWord, toNext] = await model.attribute(result, [
    { kind: "logit", position, token: id },
    ...(next === null ? [] : [{ kind: "input" as const, latent: latent + 1, along: next.map((x) => x / square) }]),
  ]);
  const share = (of: (parts: Contributions) => number): Pick<ComponentView, "toWord" | "toNext"> => ({
    toWord: toWord === undefined ? 0 : of(toWord),
    toNext: toNext === undefined ? null : of(toNext),
  });
  const own = at.latent(latent);
  const heads = written.captures.at(`blocks.${block}.attn.hook_result`, own);
  const mlp = written.captures.at(`blocks.${block}.hook_mlp_out`, own).norm("dModel");
  const hasBiases = toWord?.biases !== undefined;
  const parts: ComponentView[] = [
    ...(block === 0 && toWord?.position !== undefined
      ? [
          {
            ...{ kind: "position" as const, head: null },
            norm: written.captures.at("hook_pos_embed", own).norm("dModel").toNumber(),
            ...share(({ position: part = 0 }) => part),
          },
        ]
      : []),
    ...Array.from(heads.norm("dModel").data, (norm, head) => ({
      ...{ kind: "head" as const, head, norm },
      ...share((all) => all.heads[block]?.[head] ?? 0),
    })),
    ...(hasBiases
      ? [
          {
            ...{ kind: "bias" as const, head: null },
            // What the block's attention wrote, less what its heads did.
            norm: written.captures
              .at(`blocks.${block}.hook_attn_out`, own)
              .minus(heads.sum("heads"))
              .norm("dModel")
              .toNumber(),
            ...share(({ biases }) => biases?.attention[block] ?? 0),
          },
        ]
      : []),
    {
      ...{ kind: "mlp", head: null, norm: mlp.toNumber() },
      ...share((all) => (all.mlp[block] ?? 0) + (all.biases?.mlp[block] ?? 0)),
    },
  ];
  return {
    components: parts,
    word: { id, text: model.tokenizer.tokenText(id), logit: toWord?.whole ?? 0 },
  };
}
