/** What the study `residual` says of a run, where it hangs on the model's family and on how latents' inputs are made. */

import { knownProtocol } from "../../model/latent/protocols/index.js";
import type { Feedback } from "../../model/latent/protocols/loop.js";
import type { ShownRun } from "../finding.js";
import { caveatOf } from "./story.js";
import { hasBiases, type ResidualSummary } from "./summary.js";

/** Parts of sentences. */
export interface ResidualWords {
  /** Which components there are, as `of the …` goes on. */
  readonly parts: string;
  /** Where they go and what is held: what a caption and a method go on with after the contribution. */
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

/** @param summary of the run's records, which show the family's components, and whether an answer has a number. */
export function residualWords(summary: ResidualSummary, { protocol }: ShownRun): ResidualWords {
  return { ...componentWords(hasBiases(summary)), ...placeWords(summary, knownProtocol(protocol)?.feedback) };
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

/** What is taken apart: the answer where one has a number, latents' inputs where they are made of states. */
function placeWords(
  { targets, problems }: ResidualSummary,
  feedback: Feedback | undefined,
): Omit<ResidualWords, "parts" | "listed" | "picked"> {
  const numbers = targets.find(({ name }) => name === "answer")?.problems ?? 0;
  const hasAnswer = numbers > 0;
  const inputs = inputWords(feedback);
  const placed = (answer: string, input: string | undefined): readonly string[] => [
    ...(hasAnswer ? [answer] : []),
    ...(input === undefined ? [] : [input]),
  ];
  const captioned = placed(
    "to the logit of the number that the model gave (right or wrong) where it is predicted",
    inputs.caption,
  ).join(", or ");
  const described = placed(
    "to the logit of the answer's number above the next best number's (direct logit attribution [@elhage2021])",
    inputs.method,
  ).join(", and ");
  const some = !hasAnswer || numbers === problems ? "" : ` (${numbers} with such a number)`;
  const controls = [
    ...(hasAnswer ? ["a number drawn at random"] : []),
    ...(inputs.method === undefined ? [] : ["the same latent of another problem"]),
  ];
  return {
    caption: `${captioned}, ${inputs.scales} held at what ${inputs.were}`,
    method: `${described}, with ${inputs.held}, on ${problems} problems${some}`,
    control: `${controls.length === 1 ? "Control" : "Controls"}: ${controls.join(", and ")}`,
    held: inputs.heading,
    caveat: caveatOf(inputs.ways),
  };
}

interface InputWords {
  /** Where components go besides the answer; nothing where latents' inputs are not made of states. */
  readonly caption?: string;
  readonly method?: string;
  readonly scales: string;
  readonly were: string;
  readonly held: string;
  readonly heading: string;
  readonly ways: string;
}

const NORM_HELD = {
  scales: "the norm's scale",
  were: "it was",
  held: "the norm's scale held",
  heading: "the final norm's scale held",
  ways: " or the final norm's scale",
};

function inputWords(feedback: Feedback | undefined): InputWords {
  switch (feedback) {
    case "projection":
      return {
        caption: "to the next latent's input through the final norm and the projection",
        method: "through the projection to the next latent's input",
        scales: "the norms' scales and GELU's gate",
        were: "they were",
        held: "norms' scales and GELU's gate held",
        heading: "norms' scales and GELU's gate held",
        ways: ", a norm's scale or the gate of the projection's GELU",
      };
    case "identity":
      return {
        ...NORM_HELD,
        caption: "to the next latent's input, which is the state after the final norm as it is",
        method: "to the next latent's input (the state after the final norm as it is)",
      };
    default:
      return NORM_HELD;
  }
}
