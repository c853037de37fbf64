/** What steering does to answers, in words. */

import { rateText, valueText } from "../../exhibits/headline.js";
import { counted, FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import type { Added } from "./record.js";
import { SITES, type Site } from "./sites.js";
import type { SteeringDose, SteeringSummary } from "./summary.js";

const WHERE: Readonly<Record<Site, string>> = {
  input: "At a latent's input",
  resid: "In the residual stream",
  kv: "In a latent's keys and values",
};

/** The answer in words: each site at strength 1 with its controls, then more and less. */
export function steeringSentence(summary: SteeringSummary): string {
  const { problems, left, doses } = summary;
  const why = left.map(({ reason, count }) => `${count} because ${reason}`).join("; ");
  const out = left.reduce((sum, { count }) => sum + count, 0);
  const rest = out === 0 ? [] : [`${counted(out, "problem")} ${out === 1 ? "is" : "are"} not steered: ${why}.`];
  if (problems === 0) return ["No problem could be steered.", ...rest].join(" ");
  const n = `n = ${counted(problems, "problem")}`;
  if (problems < FEWEST_TO_SAY)
    return [`Whether a direction moves the answer by what it says: ${TOO_FEW} (${n}).`, ...rest].join(" ");
  if (doses.every(({ changed, toward }) => changed.count === 0 && sizeOf(toward) < 1e-3))
    return [`Nothing that is added at a latent moves an answer or its logits (${n}).`, ...rest].join(" ");
  return [
    `Directions come from questions of other problems, and are added at one latent (${n}).`,
    ...SITES.flatMap((site) => siteSentences(summary, site)),
    ...rest,
  ].join(" ");
}

function siteSentences({ doses }: SteeringSummary, site: Site): string[] {
  const at = (added: Added, strength = 1): SteeringDose | undefined =>
    doses.find((dose) => dose.site === site && dose.added === added && dose.strength === strength);
  const [own, random, elsewhere, twice] = [at("own"), at("random"), at("elsewhere"), at("own", 2)];
  if (own === undefined || random === undefined || elsewhere === undefined) return [];
  return [
    `${WHERE[site]} the direction makes ${rateText(own.moved)} the predicted number; a random one ${random.moved.count}, the same at another latent ${elsewhere.moved.count}${twice === undefined ? "" : `, the direction twice as strong ${twice.moved.count}`}.`,
    `There the logits move toward it by ${show(own.toward)} (random ${valueText(random.toward)}, another latent ${valueText(elsewhere.toward)}), and answers by ${show(own.share)} of what the direction says.`,
  ];
}

function sizeOf(estimate: SteeringDose["toward"]): number {
  return estimate.kind === "value" ? Math.abs(estimate.value) : 0;
}
