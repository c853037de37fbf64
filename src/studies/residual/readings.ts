/** Direct contributions, as numbers one by one. */

import type { Reading, Readings } from "../shared/reading.js";
import { fieldOf } from "../shared/rows.js";
import { listedComponents, type ResidualShape } from "./components.js";
import type { ResidualReading } from "./record.js";

/** Of the baseline. */
export const residualReadings: Readings = {
  measures: {
    contribution:
      "what the component adds directly. Target answer, next number, random number: to the logit of that number where the answer's is predicted. Target latent.0 …: to the latent's input, as a share of it; latent.0 of another problem: along that one instead",
  },
  *of(record) {
    const residual = fieldOf<ResidualReading>(record, "residual");
    if (residual === undefined) return;
    const { number, inputs, others } = residual;
    const lists: (readonly [string, readonly number[]])[] = [
      ...(number === null
        ? []
        : ([
            ["answer", number.answer],
            ["next number", number.alternative],
            ["random number", number.control],
          ] as const)),
      ...inputs.map((list, latent) => [`latent.${latent}`, list] as const),
      ...(others ?? []).map((list, latent) => [`latent.${latent} of another problem`, list] as const),
    ];
    for (const [target, list] of lists) yield* contributions(list, { ...residual, target });
  },
};

/** Part by part; what remains is the whole. */
function* contributions(list: readonly number[], { target, ...shape }: Parts): Iterable<Reading> {
  const components = listedComponents(shape);
  for (const [place, value] of list.entries()) {
    const { kind: component, block: layer, head } = components[place] ?? { kind: "all", block: null, head: null };
    yield { measure: "contribution", target, value, ...(layer === null ? {} : { layer, head }), component };
  }
}

interface Parts extends ResidualShape {
  readonly target: string;
}
