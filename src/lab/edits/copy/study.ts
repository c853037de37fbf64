/** "Copy as study file": the edits as a condition of a study, for every problem of a run. */

import { UsageError } from "../../../base/errors.js";
import { checkEdits } from "../check.js";
import {
  activeEdits,
  type Edit,
  type LabFacts,
  type LabState,
  type SavedDirection,
  type ValueTarget,
} from "../edit.js";
import { positionNames } from "../position-names.js";
import { placeOf, siteOf, targetText } from "../targets.js";
import { interventionOf } from "../to-run.js";
import { code, list, offComment } from "./code.js";
import { modelOptions } from "./command.js";

/** What a study file needs beside the state. */
export interface StudyContext {
  readonly facts: LabFacts;
  /** What the question was answered without edits, for the data file that the text describes; null where it has no answer. */
  readonly answer: number | string | boolean | null;
  /** Name of the study and of its file. */
  readonly name?: string;
}

/** @throws UsageError where no edit is on, and for one that cannot be run with this model. */
export function asStudyFile(state: LabState, { facts, answer, name = "edits-by-hand" }: StudyContext): string {
  checkEdits(state, facts);
  const edits = activeEdits(state);
  if (edits.length === 0) throw new UsageError("No edit is on, and a study needs one", "switch an edit on, or add one");
  const steps = edits.map((edit, i) => stepOf(edit, { name: `${name}-${i + 1}`, state, facts }));
  const values = steps.flatMap(({ value }) => value ?? []);
  const model = modelOptions(facts)
    .map((option) => ` ${inComment(option)}`)
    .join("");
  const seed = edits.some(({ operation }) => operation.kind === "noise") ? ` --seed ${state.seed}` : "";
  const command = `npx codilens experiment --study ./${name}.mjs${model}`;
  return [
    "/**",
    " * Edits of latents that were made by hand, under every problem of a run, with its baseline and controls.",
    " *",
    ` * ${command}${seed}`,
    " *",
    " * The page's own question alone has the page's own numbers:",
    ` * ${command} --data problem.jsonl --no-controls${seed}`,
    ` * where problem.jsonl holds ${inComment(JSON.stringify({ question: state.question, answer: `#### ${answer ?? ""}` }))}`,
    ...[...new Set(steps.flatMap(({ note }) => note ?? []))].flatMap((note) => [" *", ` * ${note}`]),
    " */",
    "",
    ...(values.length === 0 ? [] : HELPER),
    `/** @type {${LIBRARY}.Study} */`,
    "export const study = {",
    `  name: ${code(name)},`,
    '  question: "What do these edits change?",',
    "  conditions: [",
    "    {",
    `      name: ${code(`${name}: ${edits.map(({ target, operation }) => `${operation.kind} at ${targetText(target, positionNames(facts))}`).join("; ")}`)},`,
    ...offComment(state).map((each) => `      ${each}`),
    ...list(
      steps.map(({ text }) => code(text)),
      { before: "interventions: [", after: "]," },
    ).map((each) => `      ${each}`),
    '      factors: { edits: "all" },',
    "    },",
    "  ],",
    ...(values.length === 0 ? [] : list(values, { before: "values: {", after: "}," }).map((each) => `  ${each}`)),
    "};",
    "",
  ].join("\n");
}

/** One edit in a study: its intervention, the value that it refers to, and what has to be said. */
interface Step {
  readonly text: string;
  readonly value?: string;
  readonly note?: string;
}

interface StepContext {
  /** Of the value that it refers to: no other study of a run may use it. */
  readonly name: string;
  readonly state: LabState;
  readonly facts: LabFacts;
}

// In one piece it would look like an import of this file.
const LIBRARY = ["import", '("codilens")'].join("");
const NO_RUN =
  "A study cannot hold a run: what the other question has there is read once, and written in every problem's run.";
const OWN_MEAN =
  "In a run, `mean` is over the run's own problems: here the mean over the page's questions is written instead.";

function stepOf(edit: Edit, { name, state, facts }: StepContext): Step {
  const { target, operation } = edit;
  const written = (value: string, note: string): Step => ({
    text: `replace(${name}):${placeOf(target)}`,
    value: `${code(name)}: async ({ model }) => asValue(${value})`,
    note,
  });
  if (target.kind === "edge") return { text: interventionOf(edit, new Map()) };
  switch (operation.kind) {
    case "other":
    case "patch":
      return written(valueCode(operation.question, target), NO_RUN);
    case "mean": {
      const others = facts.reference.filter((question) => question !== state.question);
      return written(`mean([${others.map((each) => valueCode(each, target)).join(", ")}])`, OWN_MEAN);
    }
    case "steer": {
      const saved = state.directions[operation.direction];
      return {
        text: `add(${name},${operation.scale}):${placeOf(target)}`,
        value: `${code(name)}: async ({ model }) => asValue(${saved === undefined ? "" : directionCode(saved)})`,
      };
    }
    default:
      return { text: interventionOf(edit, new Map()) };
  }
}

function valueCode(question: string, target: ValueTarget): string {
  const { latent } = target;
  const head = target.kind === "head" ? `, head: ${target.head}` : "";
  return `await valueOf(model, ${code(question)}, { site: ${code(siteOf(target))}, latent: ${latent}${head} })`;
}

function directionCode(saved: SavedDirection): string {
  if (saved.kind === "vector") return `[${saved.numbers.join(", ")}]`;
  return `minus(${valueCode(saved.question, saved.target)}, ${valueCode(saved.minus, saved.target)})`;
}

/** What may stand in a comment. */
function inComment(text: string): string {
  return text.replace(/\*\//g, "*\\/");
}

const HELPER = [
  "/** What a question's run has at a latent, in all of it or in one head. */",
  "async function valueOf(model, question, { site, latent, head }) {",
  "  const { captures, layout } = await model.run(question, { capture: [site] });",
  "  const { shape, data } = captures.get(site);",
  "  const width = shape.at(-1);",
  '  const row = layout.names.indexOf("latent." + latent);',
  "  const place = head === undefined ? row : row * shape.at(-2) + head;",
  "  return data.slice(place * width, (place + 1) * width);",
  "}",
  "",
  "const minus = (a, b) => a.map((x, i) => x - b[i]);",
  "const mean = (rows) => rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);",
  "const asValue = (numbers) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });",
  "",
];
