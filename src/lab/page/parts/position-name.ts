/** Positions in words, with their tokens. */

import { positionText } from "../../edits/targets.js";
import type { PositionView } from "../../session/types.js";
import { hasLatents, names } from "../state.js";
import { shownToken } from "./numbers.js";

/** A position in words, with its token. Reads what the model on show calls it. */
export function nameOf({ name, part, text }: PositionView): string {
  const isNamed = name === "question.0" && names.value.first !== null;
  const hasWord = (part === "question" && !isNamed) || part === "answer" || (part === "eot" && !hasLatents());
  const words = positionText(name, names.value);
  return hasWord ? `${words} “${shownToken(text)}”` : words;
}
