/** The eight steps of the tour: what CODI, a latent, the lens, an ablation and a control are, on the page itself. */

import type { ComponentChildren } from "preact";
import { EXAMPLES } from "../../own/examples.js";
import { Term } from "../parts/term.js";
import { change } from "../state.js";

/** One step. */
export interface TourStep {
  readonly title: string;
  /** The panel that it speaks of. */
  readonly panel: string;
  readonly text: ComponentChildren;
  /** What the reader can have done for them. */
  readonly action?: { readonly label: string; readonly act: () => void };
}

/** Four steps of arithmetic, and an answer that changes when its first latent is gone. */
const PROBLEM = EXAMPLES.find(({ id }) => id === "4-step-22") ?? EXAMPLES[0];

function askProblem(): void {
  if (PROBLEM !== undefined) change({ question: PROBLEM.question, edits: [] });
}

function zeroFirst(): void {
  if (PROBLEM === undefined) return;
  const target = { kind: "cell", block: 8, latent: 0 } as const;
  change({ question: PROBLEM.question, edits: [{ id: 1, target, operation: { kind: "zero" }, on: true }] });
}

/** In their order. */
export const TOUR: readonly TourStep[] = [
  {
    title: "A model that does not write its reasoning down",
    panel: "question",
    text: (
      <>
        Most models reason in words. <Term name="codi">CODI</Term> trains a model to reason without them. The one in
        this page, tiny-codi, was trained on small word problems like this one.
      </>
    ),
    action: { label: "Ask one with four steps", act: askProblem },
  },
  {
    title: "Six thoughts between question and answer",
    panel: "strip",
    text: (
      <>
        After the question comes <Term name="bot">BOT</Term>. Then the model's last state is fed back to it as its next
        input, six times. Each of these is a <Term name="latent">latent</Term>. After <Term name="eot">EOT</Term> it
        writes its answer, in words.
      </>
    ),
  },
  {
    title: "Asking a thought what it would say",
    panel: "strip",
    text: (
      <>
        No word is chosen at a latent, but its state can be read as if one were. This reading is the{" "}
        <Term name="lens">lens</Term>. For problems of its kind the words are the running total: BOT has the first step,
        latent 0 the second, and so on.
      </>
    ),
  },
  {
    title: "Sixteen blocks deep",
    panel: "cell",
    text: (
      <>
        A latent passes through 16 <Term name="block">blocks</Term>, and each adds to its{" "}
        <Term name="residual">residual stream</Term>. Open a latent to see after which block its word appears, what it
        looked at, and which part wrote it.
      </>
    ),
  },
  {
    title: "Take something away",
    panel: "touch",
    text: (
      <>
        To learn what a latent is for, remove it and see what breaks. That is an <Term name="ablation">ablation</Term>:
        choose a block and a latent, and set it to zero.
      </>
    ),
    action: { label: "Zero latent 0 at block 8", act: zeroFirst },
  },
  {
    title: "What changed",
    panel: "touch",
    text: (
      <>
        The edited answer stands beside the clean one, with the probability of each token. The later latents are
        computed from the edited one, so they move as well: the page shows how far.
      </>
    ),
  },
  {
    title: "Would anything have done that?",
    panel: "touch",
    text: (
      <>
        Perhaps any push at that place breaks the answer. So a <Term name="control">control</Term> is always beside it:
        a change of the same length in a random direction, and the same run with nothing changed. Where the control
        breaks the answer too, you have found a fragile place, and not yet a thought.
      </>
    ),
  },
  {
    title: "Everywhere, and away with it",
    panel: "sweep",
    text: (
      <>
        A sweep does your edit at every block and latent, one after the other; a click on a cell makes it your edit. The
        page's address holds question, edits and view: send it, or copy your edits as a program, a command or a study.
      </>
    ),
  },
];
