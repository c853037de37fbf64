/** A file that is one JSON object, or objects written over several lines: named for what it is, with the command that makes rows of it. */

import { BadInputError } from "../../model/errors.js";
import { fieldList, isRow, type Row } from "./row.js";

/**
 * @param text of the whole file. @param isProblem whether an object is a row by itself.
 * @returns when the lines are to be read one by one.
 * @throws BadInputError for one object that holds the rows, and for objects that go over several lines.
 */
export function refuseWholeObject(text: string, name: string, isProblem: (row: Row) => boolean): void {
  const [first = ""] = text.trimStart().split("\n", 1);
  const whole = parsed(text);
  if (isRow(whole)) {
    const isLine = isRow(parsed(first));
    if (isProblem(whole) && !isLine)
      throw new BadInputError(
        `${name} is one JSON object written over several lines, wanted one object a line`,
        "put it on one line: jq -c . FILE > rows.jsonl",
      );
    if (isProblem(whole)) return;
    refuseHolder(whole, name);
    if (!isLine)
      throw new BadInputError(
        `${name} is one JSON object with the fields ${fieldList(whole)}, wanted one object a line`,
        "give JSONL, a JSON array or parquet",
      );
    return;
  }
  if (first.trim() === "{" || (first.startsWith("{") && parsed(first) === undefined && /^\s*"/.test(secondLine(text))))
    throw new BadInputError(
      `${name} holds JSON objects written over several lines, wanted one object a line`,
      "put each on one line: jq -c . FILE > rows.jsonl",
    );
}

function refuseHolder(whole: Row, name: string): void {
  const rows = Object.entries(whole).find(
    ([, value]) => Array.isArray(value) && value.length > 0 && value.every(isRow),
  );
  if (rows !== undefined) {
    const [field, entries] = rows as [string, Row[]];
    if (entries.every(({ row }) => isRow(row)))
      throw new BadInputError(
        `${name} is what the hub's data viewer answers: ${entries.length} rows at most of the data set, each within "row", and long cells may be cut`,
        `download the data set's own parquet or JSONL file, or take these rows: jq -c '.${field}[].row' FILE > rows.jsonl`,
      );
    throw new BadInputError(
      `${name} is one JSON object that holds ${entries.length} rows in its field "${field}", wanted the rows by themselves`,
      `take them out: jq -c '.["${field}"][]' FILE > rows.jsonl`,
    );
  }
  const values = Object.values(whole);
  const isColumn = (value: unknown): boolean =>
    Array.isArray(value) || (isRow(value) && !Object.values(value).some(isRow));
  if (values.length > 1 && values.every(isColumn) && !values.every(isRow))
    throw new BadInputError(
      `${name} is one JSON object of columns (${fieldList(whole)}), wanted a row an object`,
      `turn it: python3 -c "import pandas; pandas.read_json('FILE').to_json('rows.jsonl', orient='records', lines=True)"`,
    );
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
