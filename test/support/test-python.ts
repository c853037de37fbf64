/** The tests' own Python: what pandas, polars, DuckDB, numpy and Jupyter make of our files. `npm test` makes its environment. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testPythonFolder } from "../../scripts/setup/test-python.mjs";

/** Path of a program of the environment: `python`, `jupyter`. */
export function testProgram(name: string): string {
  return join(testPythonFolder(), "bin", name);
}

/** Where a script runs and what it is given. */
export interface PythonOptions {
  readonly cwd?: string;
  readonly args?: readonly string[];
}

/** Runs Python code. @returns what it printed. @throws Error with Python's own words where it failed. */
export function python(code: string, { cwd, args = [] }: PythonOptions = {}): string {
  const done = spawnSync(testProgram("python"), ["-c", code, ...args], { cwd, encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.error?.message ?? done.stderr);
  return done.stdout;
}

/** Python of docs/python.md that reads such a file. */
export function pythonOf(file: string): string[] {
  const page = readFileSync("docs/python.md", "utf8");
  return [...page.matchAll(/```python\n(.*?)```/gs)].flatMap(([, code = ""]) => (code.includes(file) ? [code] : []));
}
