/** Positions in words, with their tokens. */

import { positionText } from "../../edits/targets.js";
import type { PositionView } from "../../session/types.js";
import { shownToken } from "./numbers.js";

/** A position in words, with its token. */
export function nameOf({ name, part, text }: PositionView): string {
  const hasWord = (part === "question" && name !== "question.0") || part === "answer";
  return hasWord ? `${positionText(name)} “${shownToken(text)}”` : positionText(name);
}
