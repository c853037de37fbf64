/** Which of Node's own options a computing process is started with. */
// @needs nothing

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { optionsForFile } from "../../../src/experiments/work/node-options.js";

/** What Node itself makes of a command line. */
function given(...args: readonly string[]): string[] {
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", input: SAY });
  return JSON.parse(stdout) as string[];
}
const SAY = "process.stdout.write(JSON.stringify(process.execArgv))";

test.each<[string, string[], string[]]>([
  ["nothing", [], []],
  ["a module in a string", ["--input-type=module", "-e", SAY], []],
  ["a module in a string, in two words", ["--input-type", "module", "--eval", SAY], []],
  ["a program on stdin", ["--max-old-space-size=900", "--input-type=commonjs", "-"], ["--max-old-space-size=900"]],
  [
    "what is loaded first",
    ["--import", "node:fs", "-r", "node:os", "-e", SAY],
    ["--import", "node:fs", "-r", "node:os"],
  ],
  ["a debugger's port", ["--inspect-port=0", "--no-warnings", "-e", SAY], ["--no-warnings"]],
  ["memory behind the program", ["-e", SAY, "--max-old-space-size=900"], ["--max-old-space-size=900"]],
])("%s", (_, args, kept) => {
  expect(optionsForFile(given(...args))).toEqual(kept);
  // Node runs a file with what is left.
  expect(spawnSync(process.execPath, [...kept, "scripts/tiers.mjs"]).status).toBe(0);
});
