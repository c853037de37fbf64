/** "Copy as command": `codilens trace` with the edits, for bash. */

import { UsageError } from "../../../base/errors.js";
import type { LabFacts, LabState } from "../edit.js";
import { EMBEDDED_MODEL } from "../reference.js";
import { toRun } from "../to-run.js";
import { offComment } from "./code.js";

/** What a command needs beside the state. */
export interface CommandContext {
  readonly facts: LabFacts;
  /** The numbers of directions, by name: a command cannot make them. */
  readonly numbers: Readonly<Record<string, ArrayLike<number>>>;
}

/** @throws UsageError for an edit that cannot be run with this model, and for a direction whose numbers are not given. */
export function asCommand(state: LabState, { facts, numbers }: CommandContext): string {
  const { interventions, sources, directions, reference, seed } = toRun(state, facts);
  const files = [
    ...Object.keys(directions).flatMap((name) => [
      ...(directions[name]?.kind === "difference"
        ? ["# A command cannot take one run from another: these are the direction's numbers, as they were on the page."]
        : []),
      ...file(`${name}.json`, [numbersText(name, numbers)]),
    ]),
    ...(reference.length === 0
      ? []
      : file(
          "reference.jsonl",
          reference.map((question) => JSON.stringify({ question })),
        )),
  ];
  const options = [
    `--question ${quoted(state.question)}`,
    ...modelOptions(facts),
    ...interventions.map((each) => `--intervene ${quoted(each)}`),
    ...Object.entries(sources).map(([name, { question }]) => `--source ${quoted(`${name}=${question}`)}`),
    ...Object.keys(directions).map((name) => `--value ${name}=${name}.json`),
    ...(reference.length === 0 ? [] : ["--reference reference.jsonl"]),
    ...(seed === 0 ? [] : [`--seed ${seed}`]),
    ...(interventions.length === 0 ? [] : ["--compare-clean"]),
  ];
  return `${[...offComment(state, "#"), ...files, ["npx codilens trace", ...options].join(" \\\n  ")].join("\n")}\n`;
}

/** Options that name the model and how it is run; none for the embedded one. */
export function modelOptions({
  model,
  load: { base, protocol, latents, protocolFile, maxNewTokens },
}: Pick<LabFacts, "model" | "load">): string[] {
  return [
    ...(model === EMBEDDED_MODEL ? [] : [`--model ${quoted(model)}`]),
    ...(base === undefined ? [] : [`--base ${quoted(base)}`]),
    ...(protocolFile !== undefined
      ? [`--protocol ${quoted(protocolFile.file)}`]
      : protocol === undefined
        ? []
        : [`--protocol ${protocol}`]),
    ...(latents === undefined ? [] : [`--latents ${latents}`]),
    ...(maxNewTokens === undefined ? [] : [`--max-new-tokens ${maxNewTokens}`]),
  ];
}

function numbersText(name: string, numbers: CommandContext["numbers"]): string {
  const found = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (found === undefined)
    throw new UsageError(`The numbers of the direction "${name}" are not there yet`, "run the edits once, then copy");
  return `[${Array.from(found, float32Text).join(",")}]`;
}

/** Fewest digits that give the same float32. */
function float32Text(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return `${short}`;
  }
  return `${Number(value.toPrecision(9))}`;
}

function file(name: string, lines: readonly string[]): string[] {
  return [`cat > ${name} <<'END'`, ...lines, "END"];
}

/** A text as one word of bash. */
export function quoted(text: string): string {
  // A terminal takes tabs and line breaks of what is pasted for keys: they are escaped.
  if (/\p{Cc}/u.test(text))
    return `$'${text.replace(/[\\']/g, "\\$&").replace(/\p{Cc}/gu, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`)}'`;
  return `'${text.replace(/'/g, "'\\''")}'`;
}
