/** The operations that can be swept, by the names that they are chosen by. */

import type { EditOperation, LabState } from "../../edits/edit.js";

/** One choice. */
export interface Choice {
  readonly kind: EditOperation["kind"];
  readonly text: string;
  /** What it starts with. */
  readonly first: EditOperation;
}

/** What there is to choose with a state: patching needs a counterfactual, steering a direction. */
export function choicesOf({ counterfactual, directions }: Pick<LabState, "counterfactual" | "directions">): Choice[] {
  const [direction] = Object.keys(directions);
  return [
    { kind: "zero", text: "set to zero", first: { kind: "zero" } },
    { kind: "mean", text: "mean of other questions", first: { kind: "mean" } },
    { kind: "scale", text: "scale", first: { kind: "scale", by: 2 } },
    { kind: "noise", text: "add noise", first: { kind: "noise", sigma: 20 } },
    ...(counterfactual.trim() === ""
      ? []
      : [
          {
            kind: "patch",
            text: "patch from the counterfactual",
            first: { kind: "patch", question: counterfactual },
          } as const,
        ]),
    ...(direction === undefined
      ? []
      : [{ kind: "steer", text: "steer along a direction", first: { kind: "steer", direction, scale: 1 } } as const]),
    { kind: "cut", text: "cut EOT’s look at the latent", first: { kind: "cut" } },
  ];
}

/** What a map may show. */
export const SIGNALS = {
  kl: "KL at the number",
  logprob: "fall of the log-probability",
  changed: "answer changed",
} as const;

/** See `SIGNALS`. */
export type SignalName = keyof typeof SIGNALS;

/** A signal by its name in the state; the first one for any other. */
export function signalOf(name: string | undefined): SignalName {
  return name !== undefined && Object.hasOwn(SIGNALS, name) ? (name as SignalName) : "kl";
}
