/** What the page's terms mean, in a sentence or two each. */

import type { Feedback } from "../../browser.js";

/** Of the page's own model, and of every other whose latents are fed back through a projection. */
export const TERMS = {
  codi: "A way to train a language model to reason in continuous vectors instead of written words (Shen et al. 2025).",
  latent: "One step of thought: the model's last state, fed back to it as the next input. No word is chosen.",
  bot: "Begin of thought: the token after the question, from which the first latent is made.",
  eot: "End of thought: the token after the last latent. From here on the model writes its answer.",
  lens: "What the model's head would say of a state halfway through: the state is read as if the blocks after it did not exist.",
  block: "One layer of the model: attention to earlier positions, then an MLP. Each adds to the residual stream.",
  head: "One of a block's attention patterns, with its own weights. (The model's output layer is called the head, too.)",
  residual: "The vector that runs through all blocks at one position. Each block reads it and adds to it.",
  norm: "The length of a vector: the square root of the sum of its squares.",
  ablation: "An edit that takes something away, such as setting a latent to zero, to see what depended on it.",
  patch: "An edit that puts in what another question has at the same place.",
  control:
    "An edit that should do nothing special, such as a random change of the same length. Without it an effect means little.",
  attention: "How much each position looks at each earlier one. The weights of a row add up to 1.",
  logit: "The score that the head gives a word before scores are turned into probabilities.",
  token: "A piece of text that has a number in the model's vocabulary: a word, a part of one, or a single sign.",
  kl: "How far two lists of probabilities are apart, here where the number is predicted, in nats. It is 0 where they are the same.",
  logprob:
    "The logarithm of a probability: 0 is certain, and less is less likely. The table shows how that of the clean answer changes, in nats.",
  cosine: "Whether two vectors point the same way: 1 is the same direction, 0 is at right angles, −1 is the opposite.",
  mlp: "The part of a block that works on each position by itself, after attention has read the others.",
  counterfactual:
    "A question like this one with something changed, such as a number. What the model thinks of it can be put in here.",
  direction:
    "A vector that is added to a state to push it one way, such as one question's state less another's. Doing so is called steering.",
} as const;

/** A term's name. */
export type TermName = keyof typeof TERMS;

const AROUND = {
  bot: "The start token: it stands after the question, and the first latent follows it.",
  eot: "The end token: it stands after the last latent. From here on the model writes its answer.",
};

/** What is otherwise where a latent's input is another. */
const OTHERWISE: Readonly<Record<Feedback, Partial<Record<TermName, string>>>> = {
  projection: {},
  identity: {
    ...AROUND,
    latent:
      "One step of thought: the model's last state, after the final norm, fed back to it as it is as the next input. No word is chosen.",
  },
  constant: {
    ...AROUND,
    latent:
      "A position whose input is one learned vector, the same for every latent and every question. It can hold something only by what it attends to.",
  },
  none: { eot: "The question's last token, from which the model begins to write its answer." },
};

/** What a term means where a latent's input is such a one. */
export function termText(name: TermName, feedback: Feedback): string {
  return OTHERWISE[feedback][name] ?? TERMS[name];
}
