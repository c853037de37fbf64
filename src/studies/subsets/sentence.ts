/** Shapley shares and interactions in words. */

import { ofClusters } from "../../exhibits/headline.js";
import { counted, FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { sideOf } from "../../exhibits/side.js";
import type { LatentShares } from "./shares.js";

/** Who brings most, and which pair interacts most. */
export function sharesSentence({ values, total, pairs, problems }: LatentShares): string {
  const known = values.flatMap((each, latent) => (each.kind === "value" ? [{ ...each, latent }] : []));
  const largest = Math.max(...known.map(({ value: share }) => share));
  const most = known.filter(({ value: share }) => isTie(share, largest));
  const [first] = most;
  if (first === undefined || total.kind !== "value") {
    const [why] = [...values, total].flatMap((each) => (each.kind === "undefined" ? each.reason : []));
    return `The latents' shares are not defined (${why ?? "no latent"}).`;
  }
  const n = `n = ${counted(problems, "problem")}`;
  if (known.every(({ value: share }) => isTie(share, 0)))
    return `All latents together bring ${show(total)} to the share of right answers, and no latent has a Shapley share other than 0 (${n}).`;
  const latents = most.map(({ latent }) => latent);
  const who =
    latents.length === 1
      ? `latent ${latents[0]} has the largest exact Shapley share`
      : `latents ${latents.join(", ")} have the largest exact Shapley share each`;
  const unshown =
    problems >= FEWEST_TO_SAY && sideOf(ofClusters(first)) !== "above"
      ? "; its interval contains 0, so none is shown"
      : "";
  return `Of the share of right answers that all latents together bring (${show(total)}), ${who}: ${show(first)} (${n}${unshown}).${pairSentence(pairs)}`;
}

function pairSentence(pairs: LatentShares["pairs"]): string {
  const [strongestPair] = pairs;
  if (strongestPair?.interval.kind !== "value") return "";
  const { interval, latents } = strongestPair;
  if (isTie(interval.value, 0)) return " No pair has an interaction other than 0.";
  const same = pairs.filter(
    (each) => each.interval.kind === "value" && isTie(Math.abs(each.interval.value), Math.abs(interval.value)),
  ).length;
  const ties = same === 1 ? "" : ` (and ${same - 1} more of that size)`;
  const side = sideOf(ofClusters(interval));
  const unshown = interval.clusters < FEWEST_TO_SAY ? TOO_FEW : "the interval contains 0, so none is shown";
  const meaning = { above: "they need each other", below: "each can stand in for the other", unshown }[side];
  return ` The pair with the largest interaction is latents ${latents.join(" and ")}${ties}: ${show(interval)} (${meaning}; picked out of all pairs, so exploratory).`;
}

// The same sums in another order differ by rounding.
function isTie(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}
