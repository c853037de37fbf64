/** A file that is one JSON object, or objects written over several lines: named for what it is, with the command that makes rows of it. */

import { BadInputError } from "../../base/errors.js";
import { fieldList, isRow, type Row, type WholeKind } from "./row.js";

/**
 * @param text of the whole file. @param kindOf what an object by itself is.
 * @returns when the lines are to be read one by one.
 * @throws BadInputError for one object that holds the rows, and for objects that go over several lines.
 */
export function refuseWholeObject(text: string, name: string, kindOf: (row: Row) => WholeKind): void {
  const [first = ""] = text.trimStart().split("\n", 1);
  const whole = parsed(text);
  if (isRow(whole)) {
    const isLine = isRow(parsed(first));
    const kind = kindOf(whole);
    if (kind === "columns") refuseColumns(whole, name);
    if (kind === "other") refuseHolder(whole, name);
    if (!isLine) refuseLines(whole, kind, name);
    return;
  }
  if (first.trim() === "{" || (first.startsWith("{") && parsed(first) === undefined && /^\s*"/.test(secondLine(text))))
    throw new BadInputError(
      `${name} holds JSON objects written over several lines, wanted one object a line`,
      "put each on one line: jq -c . FILE > rows.jsonl",
    );
}

function refuseColumns(whole: Row, name: string): never {
  throw new BadInputError(
    `${name} is one JSON object of columns (${fieldList(whole)}), wanted an object a row`,
    `turn it: python3 -c "import pandas; pandas.read_json('FILE').to_json('rows.jsonl', orient='records', lines=True)"`,
  );
}

function refuseLines(whole: Row, kind: WholeKind, name: string): never {
  throw new BadInputError(
    kind === "row"
      ? `${name} is one JSON object written over several lines, wanted one object a line`
      : `${name} is one JSON object with the fields ${fieldList(whole)}, wanted one object a line`,
    kind === "row" ? "put it on one line: jq -c . FILE > rows.jsonl" : "give JSONL, a JSON array or parquet",
  );
}

function refuseHolder(whole: Row, name: string): void {
  const lists = Object.entries(whole).filter((each): each is [string, Row[]] => {
    const [, value] = each;
    return Array.isArray(value) && value.length > 0 && value.every(isRow);
  });
  const viewed = lists.find(([, rows]) => rows.every(({ row }) => isRow(row)));
  if (viewed !== undefined)
    throw new BadInputError(
      `${name} is what the hub's data viewer answers: ${viewed[1].length} rows of the data set, each within "row", and long cells may be cut`,
      `download the data set's own parquet or JSONL file, or take these rows: jq -c '.${viewed[0]}[].row' FILE > rows.jsonl`,
    );
  const [held] = lists.sort(([, a], [, b]) => b.length - a.length);
  if (held !== undefined)
    throw new BadInputError(
      `${name} is one JSON object that holds ${held[1].length} rows in its field "${held[0]}", wanted the rows by themselves`,
      `take them out: jq -c '.["${held[0]}"][]' FILE > rows.jsonl`,
    );
  const values = Object.values(whole);
  if (values.length > 0 && values.every(isRow))
    throw new BadInputError(
      `${name} is one JSON object of ${values.length} objects, each under a name (${fieldList(whole)}), wanted the rows by themselves`,
      "take them out: jq -c '.[]' FILE > rows.jsonl",
    );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function secondLine(text: string): string {
  return text.trimStart().split("\n", 2)[1] ?? "";
}
