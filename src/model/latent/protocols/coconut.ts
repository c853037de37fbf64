/** Protocol `coconut`: a newline in the question's text, the final-norm state fed back as it is, and the answer after the last `#`. */

import type { Expected, GoldAnswer, ParsedAnswer } from "../answer/kind.js";
import { isLetter, isSameAnswer } from "../answer/kind.js";
import { pythonFloat, pythonStrip } from "../answer/python-text.js";
import { spanOf, wholeText, withPart } from "../answer/text-view.js";
import { LOOPS } from "./loop.js";
import type { AnswerReadOptions, Protocol } from "./protocol.js";
import { SOUND } from "./sound.js";

/** The inference of Coconut (facebookresearch/coconut). */
export const COCONUT: Protocol = {
  ...SOUND,
  ...LOOPS.coconut,
  name: "coconut",
  maxNewTokens: 64,
  methods: {
    model: (latents) => `reasons in ${latents} continuous thoughts (latents) in the manner of Coconut [@hao2024]`,
    lineage: "Models reason in continuous thoughts (latents) in the manner of Coconut [@hao2024].",
    inference:
      "Inference followed the protocol of Coconut: the question, a newline and the start token (BOT) are read, the hidden state after the final norm is the next latent's input as it is, without a projection, and the answer is decoded greedily after the end token (EOT).",
    verdict:
      "The answer is the text after the last # without commas; it is right if it equals the expected one, numbers by their value.",
    later: "the later latents were computed anew",
  },
  prepared: "with a newline after them, as the reference does",
  // In the text and not as a token of its own: some tokenizers join it with the mark before it.
  prepare: (question) => `${question}\n`,
  promptEnd: ({ bot }) => [bot],
  eot: ({ eot }) => [eot],
  // The reference does not look at the first token; an answer that begins with EOS is an empty one here.
  stops: (token, { eos }) => token === eos,
  comparesTexts: true,
  announced: "### ",
  logitRows: (vocabRows) => vocabRows,
  readAnswer,
  readGold,
  isRight: (answer, expected) => isSameAnswer(answer, expected),
};

/** What follows the last `#`, commas out and blanks around it off. */
function readAnswer(text: string, { kind = "number" }: AnswerReadOptions = {}): ParsedAnswer {
  if (pythonStrip(text) === "") return { kind: "none", reason: "empty answer" };
  const plain = withPart(wholeText(text), ",");
  const hash = plain.text.lastIndexOf("#");
  if (hash < 0) return { kind: "none", reason: "no # in answer" };
  const after = plain.text.slice(hash + 1);
  const found = pythonStrip(after);
  if (found === "") return { kind: "none", reason: "empty answer" };
  const from = hash + 1 + after.indexOf(found);
  const place = spanOf(plain, text, { from, to: from + found.length });
  if (kind === "boolean")
    return found === "True" || found === "False"
      ? { kind, value: found === "True", ...place }
      : { kind: "none", reason: "neither True nor False in answer" };
  if (kind === "letter")
    return isLetter(found) ? { kind, value: found, ...place } : { kind: "none", reason: "no letter in answer" };
  if (kind === "text") return { kind, value: found, ...place };
  const value = pythonFloat(found);
  if (value === null) return { kind: "none", reason: "no number in answer" };
  if (!Number.isFinite(value)) return { kind: "none", reason: "number beyond double precision" };
  return { kind: "number", value, ...place };
}

/** The same of a data file's answer; one without `#` is an answer as a whole. */
function readGold(answer: string | number | boolean): GoldAnswer {
  if (typeof answer === "boolean") return { kind: "gold", value: answer };
  const after = pythonStrip((String(answer).split("#").at(-1) ?? "").replaceAll(",", ""));
  if (after === "True" || after === "False") return { kind: "gold", value: after === "True" };
  const value: Expected = pythonFloat(after) ?? after;
  if (value !== "" && (typeof value !== "number" || Number.isFinite(value))) return { kind: "gold", value };
  return { kind: "unreadable", reason: `ends in nothing that can be compared: ${JSON.stringify(after.slice(0, 40))}` };
}
