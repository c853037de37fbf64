/** What steering does to answers, over all problems: by site, by what is added and how strongly. */

import { ofClusters } from "../../exhibits/headline.js";
import { clusteredBootstrap, ofSums } from "../../statistics/clustered-bootstrap.js";
import type { Estimate, Rate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { rateOf } from "../../statistics/proportion-interval.js";
import { countedReasons } from "../shared/reasons.js";
import { ADDED, type Added, type SteeredProblem, type SteeredRun, type Steering } from "./record.js";
import { SITES, type Site } from "./sites.js";

/** One dose. */
export interface SteeringDose {
  readonly site: Site;
  readonly added: Added;
  readonly strength: number;
  /** Problems whose answer becomes the predicted number. */
  readonly moved: Rate;
  /** Problems whose answer becomes another number, or none. */
  readonly changed: Rate;
  /** How far the logit difference goes from the model's own number to the predicted one: mean over problems. */
  readonly toward: Estimate;
  /**
   * The answer's change in the direction that was said over the change that was said: sums over problems whose answer has a number. A
   * change counts as at most `MOST_TIMES` of what was said.
   */
  readonly share: Estimate;
  /** What the direction itself adds to `toward` beyond this one, problem by problem; null of the direction itself. */
  readonly behind: Estimate | null;
}

/** Of a garbled answer's number, which may have any size. */
export const MOST_TIMES = 5;

/** How often a step's direction was taken from a latent. */
export interface SteeringPick {
  readonly site: Site;
  /** From 1. */
  readonly step: number;
  readonly latent: number;
  readonly count: number;
  /** Problems that were steered at this step. */
  readonly n: number;
}

/** The study. */
export interface SteeringSummary {
  /** Problems that were steered. */
  readonly problems: number;
  readonly left: readonly { readonly reason: string; readonly count: number }[];
  /** Mean change of the answer that was said, without its sign. */
  readonly said: Estimate;
  /** Pairs of questions behind a direction, as a mean. */
  readonly pairs: number;
  readonly doses: readonly SteeringDose[];
  readonly picks: readonly SteeringPick[];
}

/** One problem with its id. */
export interface SteeringRow {
  readonly problemId: string;
  readonly steering: Steering;
}

/** @returns null where the study was not run. */
export function steeringSummary(rows: readonly SteeringRow[], seed: number): SteeringSummary | null {
  if (rows.length === 0) return null;
  const steered = steeredOf(rows).map(({ problem }) => problem);
  return {
    problems: steered.length,
    left: countedReasons(rows.flatMap(({ steering }) => (steering.status === "left" ? steering.reason : []))),
    said: meanEstimate(
      steered.map(({ predicted, answer }) => Math.abs(predicted - answer)),
      seed,
    ),
    pairs: steered.length === 0 ? 0 : steered.reduce((sum, { pairs }) => sum + pairs, 0) / steered.length,
    doses: SITES.flatMap((site) => ADDED.flatMap((added) => dosesOf(steered, { site, added, seed }))),
    picks: SITES.flatMap((site) => picksOf(steered, site)),
  };
}

/** Those that were steered. */
export function steeredOf(rows: readonly SteeringRow[]): { problemId: string; problem: SteeredProblem }[] {
  return rows.flatMap(({ problemId, steering }) =>
    steering.status === "steered" ? [{ problemId, problem: steering }] : [],
  );
}

/** One of a problem's runs; undefined where it was not run. */
export function runAt(
  { sites }: SteeredProblem,
  { site, added, strength }: Pick<SteeringDose, "site" | "added" | "strength">,
): SteeredRun | undefined {
  return sites.find((each) => each.site === site)?.runs.find((run) => run.added === added && run.strength === strength);
}

function dosesOf(
  steered: readonly SteeredProblem[],
  { site, added, seed }: { readonly site: Site; readonly added: Added; readonly seed: number },
): SteeringDose[] {
  const strengths = new Set(
    steered.flatMap((problem) =>
      (problem.sites.find((each) => each.site === site)?.runs ?? [])
        .filter((run) => run.added === added)
        .map(({ strength }) => strength),
    ),
  );
  return [...strengths]
    .sort((a, b) => a - b)
    .map((strength) => {
      const found = steered.flatMap((problem) => {
        const run = runAt(problem, { site, added, strength });
        const own = runAt(problem, { site, added: "own", strength });
        return run === undefined ? [] : [{ problem, run, own }];
      });
      const behind = found.flatMap(({ run, own }) =>
        run.change === null || own === undefined || own.change === null ? [] : own.change - run.change,
      );
      return {
        site,
        added,
        strength,
        moved: shareWhere(found, ({ problem, run }) => run.answer === problem.predicted),
        changed: shareWhere(found, ({ problem, run }) => run.answer !== problem.answer),
        toward: meanEstimate(
          found.flatMap(({ run }) => run.change ?? []),
          seed,
        ),
        share: shareOf(found, seed),
        behind: added === "own" ? null : meanEstimate(behind, seed),
      };
    });
}

function shareWhere<T>(found: readonly T[], is: (each: T) => boolean): Rate {
  return rateOf(found.filter(is).length, found.length);
}

function shareOf(
  found: readonly { readonly problem: SteeredProblem; readonly run: SteeredRun }[],
  seed: number,
): Estimate {
  const sums = found.flatMap(({ problem: { answer, predicted }, run }) => {
    if (run.answer === null) return [];
    const said = Math.abs(predicted - answer);
    const change = Math.sign(predicted - answer) * (run.answer - answer);
    return [Math.min(MOST_TIMES * said, Math.max(-MOST_TIMES * said, change)), said];
  });
  const share = ofSums(Float64Array.from(sums), 2, ([moved = 0, said = 0]) => (said === 0 ? null : moved / said));
  return ofClusters(clusteredBootstrap(sums.length / 2, share, { seed }));
}

function picksOf(steered: readonly SteeredProblem[], site: Site): SteeringPick[] {
  const steps = [...new Set(steered.map(({ step }) => step))].sort((a, b) => a - b);
  return steps.flatMap((step) => {
    const latents = steered
      .filter((problem) => problem.step === step)
      .flatMap(({ sites }) => sites.find((each) => each.site === site)?.latent ?? []);
    return [...new Set(latents)]
      .sort((a, b) => a - b)
      .map((latent) => ({
        site,
        step: step + 1,
        latent,
        count: latents.filter((each) => each === latent).length,
        n: latents.length,
      }));
  });
}
