/** What the study `residual` says of a run, where it hangs on the model's family and on how latents' inputs are made. */

import { knownProtocol } from "../../model/latent/protocols/index.js";
import type { ShownRun } from "../finding.js";
import { hasBiases, type ResidualSummary } from "./summary.js";

/** Parts of sentences. */
export interface ResidualWords {
  /** Which components there are, as `of the …` goes on. */
  readonly parts: string;
  /** Where they go besides the answer, and what is held: what a caption and a method end in. */
  readonly caption: string;
  readonly method: string;
  readonly control: string;
  /** What is held, as a table's heading says it. */
  readonly held: string;
  /** What a table lists of every block. */
  readonly listed: string;
  /** Out of which components the largest are picked. */
  readonly picked: string;
  readonly caveat: string;
}

/** @param summary of the run's records, which show the family's components. */
export function residualWords(summary: Pick<ResidualSummary, "targets">, { protocol }: ShownRun): ResidualWords {
  return { ...componentWords(hasBiases(summary)), ...inputWords(protocol) };
}

function componentWords(has: boolean): Pick<ResidualWords, "parts" | "listed" | "picked"> {
  return has
    ? {
        parts: "the embedding, the position, every head, every MLP and every bias",
        listed: "Every block's attention, MLP and biases",
        picked: "all heads, MLPs, their biases, the embedding and the position",
      }
    : {
        parts: "the embedding, every head and every MLP",
        listed: "Every block's attention and MLP",
        picked: "all heads, MLPs and the embedding",
      };
}

function inputWords(protocol: ShownRun["protocol"]): Omit<ResidualWords, "parts" | "listed" | "picked"> {
  const control = "Controls: a number drawn at random, and the same latent of another problem";
  switch (knownProtocol(protocol)?.feedback) {
    case "projection":
      return {
        caption:
          ", or to the next latent's input through the final norm and the projection, the norms' scales and GELU's gate held at what they were",
        method: ", and through the projection to the next latent's input, with norms' scales and GELU's gate held",
        control,
        held: "norms' scales and GELU's gate held",
        caveat: caveat("by way of later blocks, a norm's scale or the gate of the projection's GELU"),
      };
    case "identity":
      return {
        caption:
          ", or to the next latent's input, which is the state after the final norm as it is, the norm's scale held at what it was",
        method:
          ", and to the next latent's input (the state after the final norm as it is), with the norm's scale held",
        control,
        held: "the final norm's scale held",
        caveat: caveat("by way of later blocks or the final norm's scale"),
      };
    default:
      return {
        caption: ", the norm's scale held at what it was",
        method: ", with the norm's scale held",
        control: "Control: a number drawn at random",
        held: "the final norm's scale held",
        caveat: caveat("by way of later blocks or the final norm's scale"),
      };
  }
}

function caveat(ways: string): string {
  return `A direct contribution leaves out what a component does ${ways}; what it says of cause is only that taking it out, with all else held, would change the sum by so much.`;
}
