/** What callers without types get wrong in a call for derivatives. */

import { UsageError } from "../../../base/errors.js";
import { described } from "../../hooks/described.js";
import { knownOptions } from "../../hooks/option-names.js";
import type { DerivativeOptions, GradientOptions, JvpOptions } from "./types.js";

// A name more or less than the type has does not compile.
const COMMON: Readonly<Record<keyof DerivativeOptions, true>> = {
  at: true,
  downstream: true,
  answer: true,
  interventions: true,
  latents: true,
  budgetBytes: true,
  seed: true,
  values: true,
  reference: true,
  sources: true,
};
const GRADIENT: Readonly<Record<keyof GradientOptions, true>> = { of: true, ...COMMON };
const JVP: Readonly<Record<keyof JvpOptions, true>> = { along: true, ...COMMON };

/** @throws UsageError for an option that there is not, or that lacks. */
export function checkGradientOptions(options: GradientOptions): void {
  const { of } = knownOptions(options, { of: "gradient", names: Object.keys(GRADIENT) });
  if (of === undefined || of === null)
    throw new UsageError("gradient: of is missing", 'write { of: { kind: "logit", position: "eot", token }, at: […] }');
  checkCommon("gradient", options);
}

/** @throws UsageError for an option that there is not, or that lacks. */
export function checkJvpOptions(options: JvpOptions): void {
  const { along } = knownOptions(options, { of: "jvp", names: Object.keys(JVP) });
  if (!Array.isArray(along) && typeof along !== "function")
    throw new UsageError(`jvp: along is ${described(along)}, wanted a list`, "write [{ site, address, direction }]");
  checkCommon("jvp", options);
}

function checkCommon(call: string, { at, interventions = [], answer = [] }: DerivativeOptions): void {
  if (!Array.isArray(at) || at.length === 0)
    throw new UsageError(
      `${call}: at is ${Array.isArray(at) ? "empty" : described(at)}, wanted a list of sites`,
      'write { at: ["blocks.*.hook_resid_post"] }',
    );
  for (const [name, given] of Object.entries({ interventions, answer }))
    if (!Array.isArray(given) && typeof given !== "function")
      throw new UsageError(`${call}: ${name} is ${described(given)}, wanted a list`, `write { ${name}: […] }`);
}
