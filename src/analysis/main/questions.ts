/** The main study's two questions, and what their numbers cannot show: in findings, on cards and above sections. */

/** Token ablation. */
export const IMPORTANCE = {
  question: "How important is each latent?",
  caveat:
    "Zeroing takes the model out of its distribution: a broken answer shows that something at that place is used, not what it says.",
} as const;

/** Attention beside it. */
export const ATTENTION = {
  question: "Does attention to a latent predict its importance?",
  caveat:
    "Attention weights share a sum, and a weight says nothing of the value it multiplies; r over all rows mixes a latent's place with its attention.",
} as const;
