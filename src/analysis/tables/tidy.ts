/** One long table of all records: a row a problem, condition and measure. */

import { integer, number, text } from "../../exhibits/columns.js";
import { type PackedTable, TablePacker } from "../../exhibits/packed-table.js";
import { MEASURES, readingsOf } from "../../studies/readings.js";
import type { StudyRecord } from "../../studies/shared/rows.js";
import type { RunData } from "../summary-types.js";
import type { TableAbout } from "./readme.js";

const COLUMNS = [
  text("study", "the study's name, or baseline"),
  text("condition", "the condition's name"),
  text("factors", "what sets the condition apart within its study, as JSON; empty where nothing does"),
  text("problem", "the problem's id"),
  integer("index", "its place in the sample, from 0"),
  text("difficulty", "as the data file has it"),
  text("measure", "what is measured: see the list below"),
  integer("layer", "the block, from 0; empty where the measure is of none"),
  integer("head", "the head within the block, from 0; empty likewise"),
  text("position", "bot, latent.0 …, eot; empty likewise"),
  text("component", "another part of the model, or the place in a list; empty likewise"),
  text("target", "what the number is about, where the measure has several; empty likewise"),
  number("value", "the number"),
];

/** The table with what `tables/README.md` says of it. */
export interface TidyTable extends TableAbout {
  readonly packed: PackedTable;
}

/** @returns null where there are no records: of the original study's files. */
export function tidyTable({
  records,
  studyRecords,
}: Pick<RunData, "studyRecords"> & { readonly records: readonly StudyRecord[] }): TidyTable | null {
  const packer = new TablePacker(COLUMNS);
  for (const record of [...records, ...studyRecords]) addRows(record, packer);
  if (packer.length === 0) return null;
  return {
    file: "tidy",
    about:
      "Every number of every record: a row a problem, condition and measure, of all studies. What was not measured has no row.",
    columns: COLUMNS,
    packed: packer.packed(),
    terms: { column: "measure", means: MEASURES },
  };
}

function addRows(record: StudyRecord, packer: TablePacker): void {
  const { study, problem, condition } = record;
  const factors = Object.keys(condition.factors ?? {}).length === 0 ? null : JSON.stringify(condition.factors);
  const begin = [study, condition.name, factors, problem.id, problem.index, problem.difficulty ?? null];
  for (const reading of readingsOf(record)) {
    const { measure, value, layer = null, head = null, position = null, component = null, target = null } = reading;
    packer.add([...begin, measure, layer, head, position, component, target, value]);
  }
}
