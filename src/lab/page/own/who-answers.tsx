/** Who answers here what a dropped trace or run was asked: the page's model, which may be another. */

import type { JSX } from "preact";
import { clean } from "../state.js";

/** The file, and how its model was run. */
export interface WhoAnswersOptions {
  readonly of: "run" | "trace";
  readonly protocol: string;
}

/** Neither file holds its model, so that the page cannot tell whether it is the same. */
export function WhoAnswers({ of, protocol }: WhoAnswersOptions): JSX.Element | null {
  const model = clean.value?.model;
  if (model === undefined) return null;
  return (
    <p class="small quiet" data-who>
      {model.protocol === protocol
        ? `Here ${model.name} answers, under the protocol ${protocol} as in the ${of}.`
        : `Here ${model.name} answers, under the protocol ${model.protocol}; the ${of} is of a model under ${protocol}.`}{" "}
      Where that was another model, drop its checkpoint first.
    </p>
  );
}
