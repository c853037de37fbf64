/** The analysis side of a study from outside the package: its program's `finding`, checked. Loads no engine, unless the program does. */

import { z } from "zod";
import { firstIssue } from "../../base/errors.js";
import { type Exhibit, figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { type FigureSpec, figure } from "../../exhibits/figure.js";
import { show } from "../../exhibits/number-text.js";
import { table } from "../../exhibits/table.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { wilson } from "../../statistics/proportion-interval.js";
import { basisOf, type Finding, type FindingInput, findingData } from "../finding.js";
import { testedSentence } from "../shared/tested.js";
import { faultOfJson } from "./plain-json.js";
import { firstLine, importProgram, refusal, type StudyProgram } from "./program.js";

/** What `finding` is given. */
export interface OutsideInput extends FindingInput {
  /** What every study of conditions finds: sentence, figure by the story's axes, table; null for one without conditions. */
  readonly usual: Finding | null;
}

/** Statistics and texts for a program that imports nothing. */
export const FINDING_TOOLS = {
  /** `(values, seed)`: mean of one value a problem, with its interval. */
  meanEstimate,
  /** `(count, n)`: share with Wilson's interval. */
  wilson,
  /** An estimate as text: `0.30 [0.22, 0.40]`. */
  show,
} as const;

/** Analysis side of one study from outside the package. */
export type OutsideFinding = (input: OutsideInput) => Finding | null;

const text = z.string().min(1);
const cell = z.union([z.string(), z.number(), z.null()], "a text, a number or null was wanted");
const key = z.string().regex(/^[a-z\d-]*$/, "small letters, digits and - were wanted");
const exhibitSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("figure"),
    key,
    title: text,
    /** Vega-lite, without title, font and size of letters. */
    spec: z.record(z.string(), z.unknown()),
    caption: text,
  }),
  z.strictObject({
    kind: z.literal("table"),
    key,
    title: text,
    header: z.array(text).min(1),
    rows: z.array(z.array(cell)),
    shown: z.string().default(""),
    folded: text.nullable().default(null),
  }),
]);
const findingSchema = z.strictObject({
  sentence: text.optional(),
  caveat: text.nullable().optional(),
  method: text.optional(),
  data: z.record(z.string(), z.unknown()).default({}),
  exhibits: z.array(exhibitSchema).default([]),
});
type Written = z.infer<typeof findingSchema>;

/** @returns null where the program has no `finding`. @throws BadInputError where it does not load, or `finding` is no function. */
export async function loadFinding(program: StudyProgram): Promise<OutsideFinding | null> {
  const exported = await importProgram(program, program.finding);
  const { finding } = exported;
  if (finding === undefined && program.finding === program.entry) return null;
  if (typeof finding !== "function")
    throw refusal(program.path, `finding is no function`, {
      hint: "write: export const finding = (input, tools) => ({ … })",
    });
  return (input) => {
    const written = checkedFinding(program.path, () => finding(input, FINDING_TOOLS));
    return written === null ? null : complete(program.path, written, input);
  };
}

function checkedFinding(path: string, find: () => unknown): Written | null {
  let found: unknown;
  try {
    found = find();
  } catch (error) {
    throw refusal(path, `finding() threw: ${firstLine(error)}`);
  }
  if (found === null || found === undefined) return null;
  const parsed = findingSchema.safeParse(found);
  if (!parsed.success) throw refusal(path, `finding(), ${firstIssue(parsed.error)}`);
  const fault = faultOfJson(parsed.data.data, "finding().data");
  if (fault !== null) throw refusal(path, fault);
  return parsed.data;
}

function complete(path: string, written: Written, { story, usual, run }: OutsideInput): Finding {
  const { name, question, caveat = null } = story;
  const sentence = written.sentence ?? usual?.sentence;
  if (sentence === undefined)
    throw refusal(path, "finding() gives no sentence, and there are no conditions to make one of");
  const exhibits = written.exhibits.map((each) => exhibitOf(path, each, { name, run }));
  return {
    name,
    question,
    sentence,
    caveat: written.caveat === undefined ? caveat : written.caveat,
    tested: usual?.tested ?? testedSentence([]),
    method: written.method ?? usual?.method ?? "",
    data: { ...(usual?.data ?? findingData({})), ...written.data },
    exhibits: [...(usual?.exhibits ?? []), ...exhibits],
  };
}

function exhibitOf(
  path: string,
  written: Written["exhibits"][number],
  { name, run }: { readonly name: string; readonly run: FindingInput["run"] },
): Exhibit {
  if (written.kind === "figure") {
    const { key, title, spec, caption } = written;
    if (hasUrl(spec))
      throw refusal(path, `figure "${key}" loads its data from a url`, {
        hint: "put them into the figure: data: { values: […] }",
      });
    const subtitle = [basisOf(run)];
    return figureExhibit({ key, title, caption, spec: figure({ title, subtitle, run }, spec as FigureSpec) });
  }
  const { key, title, header, rows, shown, folded } = written;
  const wrong = rows.findIndex((row) => row.length !== header.length);
  if (wrong >= 0)
    throw refusal(path, `table "${key}" has ${header.length} columns and ${rows[wrong]?.length} cells in row ${wrong}`);
  const shownRows = rows.map((row) => row.map((each) => (each === null ? "–" : cellText(each))));
  const file = [name, key].filter((part) => part !== "").join("_");
  return tableExhibit({
    key,
    table: table(title, { header, rows: shownRows }),
    shown,
    folded,
    files: [
      { file, about: `${title}.`, columns: header.map((column) => ({ name: column, type: null, means: null })), rows },
    ],
  });
}

function cellText(value: string | number): string {
  if (typeof value === "string") return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function hasUrl(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, inner]) => name === "url" || hasUrl(inner));
}
