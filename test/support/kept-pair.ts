/** A pair as records keep it, of two questions that are answered 5 and 6. */

import type { KeptPair } from "../../src/studies/patching/record.js";

/** @param made what a test is about. */
export function keptPair(made: Pick<KeptPair, "differences"> & Partial<Pick<KeptPair, "lens">>): KeptPair {
  return {
    status: "kept",
    question: "?",
    given: false,
    changed: [],
    answers: { clean: "5", counterfactual: "6" },
    numbers: { clean: 5, counterfactual: 6 },
    lens: { clean: [], counterfactual: [] },
    ...made,
  };
}
