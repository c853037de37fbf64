/** Columns of the files in `tables`: each has a name, a type and what it means, so that none is written undescribed. */

import type { ColumnType } from "./parquet.js";

/** A column of a file. */
export interface Column {
  readonly name: string;
  /** Null where a study from outside the package does not say: then the cells tell. */
  readonly type: ColumnType | null;
  /** Plain text, without a full stop; null likewise. */
  readonly means: string | null;
}

/** A column of whole numbers. */
export function integer(name: string, means: string): Column {
  return { name, type: "integer", means };
}

/** A column of numbers. */
export function number(name: string, means: string): Column {
  return { name, type: "number", means };
}

/** A column of text. */
export function text(name: string, means: string): Column {
  return { name, type: "text", means };
}

/** Three columns: a value, and both ends of its interval. */
export function interval(name: string, means: string): Column[] {
  return [
    number(name, means),
    number(`${name}_low`, `lower end of the 95 % interval of ${name}`),
    number(`${name}_high`, `upper end of the 95 % interval of ${name}`),
  ];
}

/** A column of p-values. */
export function pColumn(name: string, means: string): Column {
  return number(name, `p, ${means}; empty where the test is not defined`);
}
