/** `codilens power`: how many problems a design needs. Needs no model. */

import { UsageError } from "../../base/errors.js";
import {
  type CorrelationDesign,
  correlationPower,
  correlationProblems,
  largestCorrelation,
  MOST_PROBLEMS,
  mcnemarPower,
  mcnemarProblems,
} from "../../statistics/power.js";

/** Options as the command line gives them; shares are in (0, 1). */
export interface PowerOptions {
  readonly effect: number;
  readonly baseline: number;
  readonly test: "mcnemar" | "within-position";
  readonly power: number;
  readonly alpha: number;
  readonly problems?: number;
  readonly clustering: number;
  readonly simulations: number;
  readonly seed: number;
  readonly json: boolean;
}

interface Answer {
  readonly problems: number;
  readonly power: number;
  /** Of simulating; null where the power is exact. */
  readonly error: number | null;
}

/** Runs the command. @throws UsageError where no such design exists. */
export async function power(options: PowerOptions): Promise<void> {
  if (options.power <= options.alpha)
    throw new UsageError(
      `--power ${options.power} is not above --alpha ${options.alpha}: every test rejects that often by chance`,
      "ask for more power, usually 0.8",
    );
  const answer = options.test === "mcnemar" ? mcnemar(options) : withinPosition(options);
  if (options.json) {
    const { json: _, ...design } = options;
    process.stdout.write(`${JSON.stringify({ schema: 1, status: "complete", design, ...answer }, null, 2)}\n`);
  } else process.stdout.write(`${sentence(options, answer)}\n`);
}

function mcnemar({ effect, baseline, alpha, power: goal, problems: asked }: PowerOptions): Answer {
  const design = { breaks: baseline + effect, mends: baseline, alpha };
  if (design.breaks + design.mends > 1)
    throw new UsageError(
      `--effect ${effect} with --baseline ${baseline} lets ${percent(design.breaks)} of answers change one way and ${percent(design.mends)} the other, more than all`,
      "twice the baseline plus the effect must not be above 1",
    );
  const problems = asked ?? mcnemarProblems({ ...design, power: goal });
  if (problems === null) throw tooMany();
  return { problems, power: mcnemarPower(problems, design), error: null };
}

function withinPosition(options: PowerOptions): Answer {
  const { effect, baseline, alpha, clustering, simulations, seed, power: goal, problems: asked } = options;
  const most = baseline === 0 ? 0 : largestCorrelation(baseline);
  if (effect >= most)
    throw new UsageError(
      `--effect ${effect} cannot be reached: with --baseline ${baseline} of answers breaking, r is below ${most.toFixed(2)}`,
      "give a smaller r, or a baseline nearer to 0.5",
    );
  const design: CorrelationDesign = { effect, baseline, positions: 6, alpha, seed, simulations, clustering };
  const problems = asked ?? correlationProblems({ ...design, power: goal });
  if (problems === null) throw tooMany();
  return { problems, ...correlationPower(problems, { ...design, seed: seed + 1 }) };
}

function tooMany(): UsageError {
  return new UsageError(
    `More than ${MOST_PROBLEMS} problems are needed`,
    "ask for a larger effect or less power; so small an effect is out of reach here",
  );
}

function sentence(options: PowerOptions, { problems, power: reached, error }: Answer): string {
  const { effect, baseline, alpha, clustering, simulations, test } = options;
  const what =
    test === "mcnemar"
      ? `McNemar's exact test of ${percent(baseline + effect)} broken against ${percent(baseline)} mended`
      : `the whole-problem permutation test of r = ${effect} within position, 6 positions, ${percent(baseline)} of answers breaking, rows of a problem correlated by ${clustering}`;
  const how = error === null ? "exactly" : `± ${(1.96 * error).toFixed(3)}, ${simulations} simulated studies`;
  return `${problems} problems: ${what} has power ${reached.toFixed(3)} at level ${alpha} (${how}).`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
