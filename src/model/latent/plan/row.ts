/** A batch of sequences as data: which question each row answers under which condition, and what is pinned. */

/** One sequence of a run. */
export interface RowPlan {
  /** Number of the question in the run. */
  readonly question: number;
  /** Number of the condition, or null for a clean run that is only there to measure others from. */
  readonly condition: number | null;
  /** BOS, question (and EOS), BOT where the protocol prefills it. */
  readonly promptIds: readonly number[];
  /** What stands in EOT's place where the protocol has no EOT: the prompt's last token, which `promptIds` then lack. */
  readonly eotIds?: readonly number[];
  /** Is the prompt computed once for this question and the one before it, which has the same text? They part at the first latent. */
  readonly hasPromptBefore?: boolean;
  /** First latent whose input is kept at the clean row's value, and that row; null where latents are recomputed. */
  readonly pin: { readonly from: number; readonly cleanRow: number } | null;
}
