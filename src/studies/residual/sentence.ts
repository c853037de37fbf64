/** What the study `residual` found, in words. */

import { counted, show } from "../../exhibits/number-text.js";
import { isPicked, type ResidualSummary, type ResidualTarget, strongest } from "./summary.js";

/** The answer in words, with the controls beside it. */
export function residualSentence({ targets }: ResidualSummary): string {
  const [answer, latents] = ["answer", "latents"].map((name) => targets.find((each) => each.name === name));
  const picked =
    (answer?.problems ?? 0) > 0 || latents === undefined
      ? "picked likewise"
      : `picked out of ${pickedOf(latents)} components, so exploratory`;
  return [
    ...(answer === undefined || answer.problems === 0
      ? ["No answer has a number beside which another one could stand."]
      : [
          `Where it is predicted, the logit of the number that the model gave, right or wrong, lies ${show(answer.own)} above that of the next best number. The largest direct contributions: ${list(answer)} (picked out of ${pickedOf(answer)} components, so exploratory; n = ${counted(answer.problems, "problem")}). ${controlOf(answer, "To the logit of a number drawn at random, likewise above the next best")}.`,
        ]),
    ...(latents === undefined
      ? []
      : [
          `Of the latents' inputs, on average over the latents, the largest shares are of ${list(latents)} (${picked})${biasesOf(latents)}, and all sum to 1. ${controlOf(latents, "Along the same latent of another problem")}.`,
        ]),
  ].join(" ");
}

function list(target: ResidualTarget): string {
  const some = strongest(target, 3).filter(({ own }) => own.kind === "value" && own.value !== 0);
  if (some.length === 0) return "no component, all contribute 0";
  const said = some.map(({ name, own }) => `${name}: ${show(own)}`);
  return said.join("; ");
}

function pickedOf({ components }: ResidualTarget): number {
  return components.filter(isPicked).length;
}

function biasesOf({ components }: ResidualTarget): string {
  const biases = components.find(({ kind }) => kind === "biases");
  return biases === undefined ? "" : `; the projection's biases add ${show(biases.own)}`;
}

function controlOf(target: ResidualTarget, what: string): string {
  const [most] = strongest(target, 1);
  return most === undefined || most.control.kind === "undefined"
    ? `${what} nothing was measured, since there is none (the control)`
    : `${what}, ${most.name} contributes ${show(most.control)}, all together ${show(target.control)} (the control)`;
}
