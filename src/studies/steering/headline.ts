/** What steering comes to: how many answers become what the direction says, against a random direction and another latent. */

import { type Headline, rateText, shareText, shortSentence } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, TOO_FEW } from "../../exhibits/number-text.js";
import type { Added } from "./record.js";
import { SITE_NAMES, SITES, type Site } from "./sites.js";
import type { SteeringDose, SteeringSummary } from "./summary.js";

const RANK = 10;
const PLACES: Readonly<Record<Site, string>> = {
  input: "at a latent's input",
  resid: "in the residual stream",
  kv: "in keys and values",
};

/** @returns null where nothing was steered. */
export function steeringHeadline({ doses, problems }: SteeringSummary): Headline | null {
  const at = (site: Site, added: Added): SteeringDose | undefined =>
    doses.find((dose) => dose.site === site && dose.added === added && dose.strength === 1);
  const shown = SITES.flatMap((site) => {
    const [own, random, elsewhere] = [at(site, "own"), at(site, "random"), at(site, "elsewhere")];
    return own === undefined || random === undefined || elsewhere === undefined ? [] : [{ own, random, elsewhere }];
  });
  const [best] = [...shown].sort((a, b) => b.own.moved.count - a.own.moved.count);
  if (best === undefined) return null;
  return {
    sentence: sentenceOf(best, problems),
    unit: "share of answers that become the predicted number",
    rows: shown.map(({ own, random }) => ({
      label: SITE_NAMES[own.site],
      own: own.moved.rate,
      control: random.moved.rate,
      key: own.site,
    })),
    rank: RANK,
    about: best.own.site,
  };
}

/** The site of a row's key. */
export function siteOfKey(key: string): Site | null {
  return SITES.find((site) => site === key) ?? null;
}

function sentenceOf(
  {
    own,
    random,
    elsewhere,
  }: { readonly own: SteeringDose; readonly random: SteeringDose; readonly elsewhere: SteeringDose },
  problems: number,
): string {
  if (problems < FEWEST_TO_SAY)
    return `Whether a direction moves the answer by what it says: ${TOO_FEW} (n = ${problems}).`;
  const start = `Directions ${PLACES[own.site]} make`;
  return shortSentence([
    `${start} ${rateText(own.moved)} answers what they say; random ones ${random.moved.count}, at another latent ${elsewhere.moved.count}.`,
    `${start} ${own.moved.count} of ${own.moved.n} answers what they say; random ${random.moved.count}, elsewhere ${elsewhere.moved.count}.`,
    `${start} ${shareText(own.moved.rate)} of answers what they say.`,
  ]);
}
